import { type StreamOptions, schemaTextOf } from '../native.js'
import { type Glance, glanceOf } from '../schema/glance/glance.js'
import type { Task } from './task.js'

/** For tests, which hold a stream with glances against one without. */
export const noGlanceKey = Symbol.for('sluice.test.noGlance')

/** Options that take nothing from what a glance says. Any other one, once it is set, leaves all to Rust. */
const understood = new Set([
  ...['format', 'source', 'encoding', 'missing', 'cells', 'select', 'emit', 'mask', 'maxErrors', 'maxErrorsWarmUp', 'duplicateKeys'],
  ...['onUndecided', 'formatAssertion', 'unknownKeywords', 'references', 'allowEmpty', 'threads', 'flushMs', 'signal'],
  ...['recordBytesMax', 'recordLinesMax', 'patternStepsMax', 'ruleStepsMax', 'schemaBytesMax', 'valueBytesMax', 'samplesPerRule'],
  ...['violationsPerRecordMax', 'checkConcurrency', 'batchBytes', 'batchLinesMax'],
])

/** Looks at objects on the JavaScript thread. */
export interface Glancing {
  readonly glance: Glance
  /** Whether one that is valid may be handed on before others that came earlier are told of. */
  readonly mayHandOn: boolean
}

/** The glance that settles objects of a stream before Rust is asked; undefined where Rust sees them all. */
export function glanceOn({ plan, planOptions, options, checks }: Task, native: StreamOptions): Glancing | undefined {
  const given = Object.entries(options).filter(([, value]) => value !== undefined)
  if ((options as { [noGlanceKey]?: boolean })[noGlanceKey] || !given.every(([name]) => understood.has(name))) return undefined
  // Rules in JavaScript are given the values of cells, which Rust makes of their text.
  if (native.wantsValues) return undefined
  const schema = schemaTextOf(plan)
  if (schema === undefined) return undefined
  const { missing, recordBytesMax } = native
  const { formatAssertion } = planOptions
  const cells = native.format === 'cells'
  const glance = glanceOf(plan, schema, { cells, missing, formatAssertion, recordBytesMax })
  // Where rules in JavaScript follow, or the number of refused records may stop the stream, or all go out in their order, each waits for its batch.
  const mayHandOn = checks.length === 0 && options.emit !== 'all' && options.maxErrors === undefined
  return glance && { glance, mayHandOn }
}
