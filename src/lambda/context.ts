/** What is needed of the context that Lambda gives to a handler. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number
  /** Text in the runtime for Node. */
  memoryLimitInMB: string | number
}
