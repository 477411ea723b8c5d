/** What the filter's exit code says, as with diff and grep. A signal that ended it gives 128 and the signal's number. */
export const exitCodes = {
  /** Every record is valid; or the reader of the output went away, which is no failure. */
  valid: 0,
  /** Some record is invalid. */
  invalid: 1,
  /** It could not finish: usage, input or output, schema. */
  failed: 2,
  /** It stopped at --max-errors, or by --on-undecided abort. */
  stopped: 3,
} as const
