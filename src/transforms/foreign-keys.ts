import { tmpdir } from 'node:os'
import { Readable, type Transform, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { isSluiceError, SluiceError } from '../errors.js'
import { limits } from '../limits.js'
import {
  completeReferences,
  gatherInto,
  lookUpIn,
  type NativePlan,
  type NativeReferenceKeys,
  type NativeStream,
  openReferenceKeys,
  planOfReference,
} from '../native.js'
import { parseViolations } from '../record.js'
import type { Resource, ResourceOptions } from '../resources/resource.js'
import { verdictOf } from '../verdict.js'
import type { Violation } from '../violation.js'
import { invalidOption, type ValidateOptions } from './options.js'
import { keyBytesMaxOf } from './rule-state.js'

/** The option under which a stream finds the keys that it looks up, where they were read for several. */
export const foreignKeysKey = Symbol.for('sluice.foreignKeys')
/** How several streams get the keys that one of them was made with. */
export const takeForeignKeysKey = Symbol.for('sluice.takeForeignKeys')
/** The option that makes a stream a reference, whose keys are gathered. */
const gatherKey = Symbol.for('sluice.gather')

/** How the records of a reference are read. */
export interface Gather {
  readonly plan: NativePlan
  readonly into: (stream: NativeStream, isBytes: boolean) => void
}

export type MakeCheck = (options: ValidateOptions) => Transform

const inherited = [...Object.keys(limits), 'missing', 'duplicateKeys', 'threads'] as const
const ofResource: ReadonlySet<string> = new Set<keyof ResourceOptions>([
  ...(['source', 'format', 'recordPath', 'encoding', 'dialect', 'delimiter', 'quote', 'escape', 'comment'] as const),
  ...(['skipInitialSpace', 'header', 'blankLines', 'missing', 'duplicateKeys'] as const),
])

/** What a stream that is a reference was given. */
export function gatherIn(options: ValidateOptions): Gather | undefined {
  return (options as { [gatherKey]?: Gather })[gatherKey]
}

/** The keys that a stream of `plan` looks up; undefined where it has none to. Throws `reference/missing`, `reference/unused`, `option/invalid`. */
export function foreignKeysOf(plan: NativePlan, options: ValidateOptions, makeCheck: MakeCheck): ForeignKeys | undefined {
  const shared = (options as { [foreignKeysKey]?: ForeignKeys })[foreignKeysKey]
  const needed = plan.referencesNeeded()
  const given = options.resources ?? {}
  const missing = needed.find(({ resource }) => !Object.hasOwn(given, resource))
  if (missing) {
    const { resource, fields } = missing
    const how = `resources: { ${JSON.stringify(resource)}: 'file.csv' }, or --reference ${resource}=file.csv`
    throw new SluiceError(
      'reference/missing',
      `The schema refers to ${fields.join(', ')} of ${JSON.stringify(resource)}, which was not given; name it (${how}).`,
    )
  }
  const unused = Object.keys(given).find((name) => !needed.some(({ resource }) => resource === name))
  if (unused !== undefined) {
    const names = needed.map(({ resource }) => JSON.stringify(resource)).join(', ') || 'none'
    throw new SluiceError(
      'reference/unused',
      `The schema does not refer to ${JSON.stringify(unused)}; it refers to ${names}. Correct the name, or leave it out.`,
    )
  }
  for (const [name, resource] of Object.entries(given)) checkResource(name, resource)
  if (needed.length === 0) return undefined
  return shared ?? new ForeignKeys(plan, options, makeCheck)
}

function checkResource(name: string, resource: Resource): void {
  const { source, ...how } = resourceOptions(resource)
  const isSource = (typeof source === 'string' && source !== '') || source instanceof URL || source instanceof Readable
  if (!isSource)
    throw invalidOption(`resources.${name}`, source, 'a path, a URL, a Readable of bytes, or an object with one of these as source')
  const unknown = Object.keys(how).find((each) => !ofResource.has(each))
  if (unknown !== undefined) throw invalidOption(`resources.${name}`, { [unknown]: '…' }, `described by ${[...ofResource].join(', ')}`)
}

function resourceOptions(resource: Resource): ResourceOptions {
  const isOptions = typeof resource === 'object' && resource !== null && !(resource instanceof URL) && !(resource instanceof Readable)
  return isOptions ? (resource as ResourceOptions) : { source: resource as ResourceOptions['source'] }
}

/** The keys of the references of a schema. They are read once, when the first stream asks for them, and have to be closed. */
export class ForeignKeys {
  readonly #plan: NativePlan
  readonly #native: NativeReferenceKeys
  readonly #options: ValidateOptions
  readonly #makeCheck: MakeCheck
  readonly #controller = new AbortController()
  #loading: Promise<void> | undefined
  #isLoaded = false

  constructor(plan: NativePlan, options: ValidateOptions, makeCheck: MakeCheck) {
    this.#plan = plan
    this.#options = options
    this.#makeCheck = makeCheck
    this.#native = openReferenceKeys(plan, keyBytesMaxOf(plan.streamRules, options), options.temporaryDirectory ?? tmpdir())
  }

  /** Every key is there. */
  get isLoaded(): boolean {
    return this.#isLoaded
  }

  /** Reads the references, one after another. Rejects with `reference/…` where one of them is of no use. */
  load(): Promise<void> {
    this.#loading ??= this.#load()
    return this.#loading
  }

  /** The foreign keys of `stream` are looked up in them. */
  judge(stream: NativeStream): void {
    lookUpIn(stream, this.#native)
  }

  /** Lets go of them, or stops reading. */
  close(): void {
    this.#controller.abort()
    this.#native.close()
  }

  async #load(): Promise<void> {
    for (const { resource, fields } of this.#plan.referencesNeeded()) await this.#read(resource, fields)
    completeReferences(this.#native)
    this.#isLoaded = true
  }

  async #read(name: string, fields: readonly string[]): Promise<void> {
    const { source, ...how } = resourceOptions(this.#options.resources?.[name] as Resource)
    if (source instanceof Readable && (source.readableDidRead || source.destroyed))
      throw new SluiceError(
        'reference/unreadable',
        `The reference ${JSON.stringify(name)} is a stream that was read before; open it anew for each run.`,
      )
    const ours = Object.fromEntries(inherited.map((option) => [option, this.#options[option as keyof ValidateOptions]]))
    const check = this.#makeCheck({ ...ours, ...how, maxErrors: 0, [gatherKey]: this.#gather(name) } as ValidateOptions)
    let found: Violation | undefined
    const findings = violationsOnly((violations) => {
      found ??= violations[0]
    })
    try {
      const { openResource } = await import('../resources/open-resource.js')
      await pipeline(openResource(source), check, findings, { signal: this.#controller.signal })
    } catch (error) {
      check.destroy()
      if (this.#controller.signal.aborted) throw error
      const place = source instanceof Readable ? '' : ` (${String(source)})`
      throw failureOf(error as Error, `The reference ${JSON.stringify(name)}${place}`, fields, found)
    }
  }

  #gather(name: string): Gather {
    const into = (stream: NativeStream, isBytes: boolean) => {
      if (!isBytes) throw new SluiceError('reference/unreadable', 'It gives objects, and a reference is read as bytes.')
      gatherInto(stream, this.#native)
    }
    return { plan: planOfReference(this.#native, name), into }
  }
}

/** What kept a reference from being read, told of the reference. */
function failureOf(cause: Error, what: string, fields: readonly string[], found: Violation | undefined): Error {
  const told = (code: `reference/${'unreadable' | 'record' | 'field' | 'empty'}`, text: string) =>
    new SluiceError(code, `${what} ${text}`, { cause })
  if (!isSluiceError(cause) || /^(?:input|reference)\//.test(cause.code)) {
    if (isSluiceError(cause, 'input/empty')) return told('reference/empty', 'is empty; give the right file.')
    return told('reference/unreadable', `cannot be read: ${cause.message}`)
  }
  if (cause.code === 'limit/max-errors' && found) {
    const { record, line, message, code } = found
    const place = line === null ? `record ${record}` : `record ${record}, line ${line}`
    return told(
      'reference/record',
      `has a record that cannot be read (${place}): ${message} (${code}); correct it, or say how the file is written.`,
    )
  }
  if (cause.code === 'header/missing')
    return told(
      'reference/field',
      `lacks a column that foreign keys refer to (${fields.join(', ')}); correct the name, or say how the file is written.`,
    )
  return cause.code.startsWith('header/') ? told('reference/unreadable', `cannot be read: ${cause.message}`) : cause
}

/** The end of a stream of which nothing but the violations is wanted. */
function violationsOnly(take: (violations: readonly Violation[]) => void): Writable {
  return new Writable({
    objectMode: true,
    write: (chunk, _encoding, callback) => {
      take(parseViolations(verdictOf(chunk)?.violations.toString() ?? ''))
      callback()
    },
  })
}
