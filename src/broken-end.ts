/**
 * The method by which a stream that tells records apart asks the source that is piped into it to end early where the input is damaged in its
 * midst, rather than to fail at once, which would tear down the pipeline with all that came before the damage. It gives a function that tells,
 * at the end, what was wrong. A source does so only where nobody else reads it.
 */
export const brokenEndKey = Symbol.for('sluice.broken-end')

export interface BrokenEnd {
  [brokenEndKey](): () => Error | undefined
}
