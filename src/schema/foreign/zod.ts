import { SluiceError } from '../../errors.js'
import type { JSONSchemaObject } from '../json-schema.js'
import { patternSource } from '../pattern.js'
import type { ForeignNote } from '../rules.js'

/** What is read of a schema of zod 4; all of it is public (`zod/v4/core`). */
interface ZodSchema {
  readonly _zod: { readonly def: ZodDefinition }
}

interface ZodDefinition {
  readonly type: string
  readonly coerce?: boolean
  readonly format?: string
  readonly pattern?: RegExp
  /** Of a literal. */
  readonly values?: readonly unknown[]
  /** Of an enum. */
  readonly entries?: Readonly<Record<string, unknown>>
  readonly checks?: readonly {
    readonly _zod: { readonly def: { readonly check: string; readonly format?: string; readonly pattern?: RegExp } }
  }[]
  /** Of a codec. */
  readonly transform?: unknown
  readonly in?: ZodSchema
  readonly out?: ZodSchema
}

type ConvertedSchema = { -readonly [Keyword in keyof JSONSchemaObject]: JSONSchemaObject[Keyword] }

interface Override {
  readonly zodSchema: ZodSchema
  /** What zod has made of it, to be put right in place. */
  readonly jsonSchema: ConvertedSchema
  readonly path: readonly (string | number)[]
}

/** Kinds of which the JSON Schema says all there is, and whose values JSON has. */
const exactKinds = new Set([
  'object',
  'string',
  'number',
  'boolean',
  'null',
  'enum',
  'literal',
  'array',
  'optional',
  'nullable',
  'unknown',
  'any',
  'never',
])
/** Further kinds that zod decides on after Rust. */
const decidedKinds = new Set([
  ...['union', 'intersection', 'tuple', 'record', 'lazy', 'readonly', 'nonoptional', 'template_literal', 'custom'],
])
/** Checks of which the JSON Schema says all there is. */
const exactChecks = new Set(['greater_than', 'less_than'])
/** Checks that change the value. */
const changing: Readonly<Record<string, string>> = {
  transform: 'a transform',
  default: '.default()',
  prefault: '.prefault()',
  catch: '.catch()',
  overwrite: '.trim(), .toLowerCase() or another .overwrite()',
}

export interface ZodReading {
  /** For `~standard.jsonSchema`: they read each schema as zod converts it. */
  readonly libraryOptions: Record<string, unknown>
  /** True when the JSON Schema says all that the schema says. */
  isExact(): boolean
  /** True when a pattern of the JSON Schema means the same there. */
  isSamePattern(pattern: string): boolean
  /** What zod itself has to say. */
  notes(): ForeignNote[]
}

/** Reads a schema of zod while it is converted. Its conversion throws `schema/lossy` for what changes records, or what no JSON can be. */
export function zodOptions(): ZodReading {
  const notes: ForeignNote[] = []
  const patterns = new Map<string, boolean>()
  const override = ({ zodSchema, jsonSchema, path }: Override) => {
    const { def } = zodSchema._zod
    const pointer = path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
    refuseLossy(def, pointer)
    mendConverted(def, jsonSchema)
    for (const keyword of decidedByZod(def, patterns)) {
      notes.push({ pointer, keyword, how: 'javascript', note: 'zod decides on every record that passed Rust' })
    }
  }
  return {
    libraryOptions: { unrepresentable: 'any', override },
    isExact: () => notes.length === 0,
    isSamePattern: (pattern) => patterns.get(pattern) ?? false,
    notes: () =>
      notes.filter((note, index) => notes.findIndex((each) => each.pointer === note.pointer && each.keyword === note.keyword) === index),
  }
}

function refuseLossy(def: ZodDefinition, pointer: string): void {
  const lossy = (what: string, remedy: string) =>
    new SluiceError('schema/lossy', `The schema of zod has ${what} at ${JSON.stringify(pointer)}, and ${remedy}.`)
  const change =
    (Object.hasOwn(changing, def.type) ? changing[def.type] : undefined) ??
    changing[def.checks?.find((check) => Object.hasOwn(changing, check._zod.def.check))?._zod.def.check ?? '']
  if (change) throw lossy(change, 'records go on as they came; do that after validate(), or with .check()')
  const isChanging = def.transform !== undefined || ![def.in, def.out].every((each) => each && !isChange(each))
  if (def.type === 'pipe' && isChanging)
    throw lossy('a transform, a preprocess or a codec', 'records go on as they came; do that after validate()')
  if (def.coerce) throw lossy('a coercion', 'records go on as they came; leave z.coerce out: cells of CSV are typed by the schema already')
  if (!exactKinds.has(def.type) && !decidedKinds.has(def.type) && def.type !== 'pipe')
    throw lossy(`z.${def.type}()`, 'no record of JSON or CSV holds such a value')
  const [unsayable] = [...(def.values ?? []), ...Object.values(def.entries ?? {})].filter((value) => !isScalar(value)).map(nameOf)
  if (unsayable)
    throw lossy(`z.${def.type}() of ${unsayable}`, 'no record of JSON or CSV holds such a value; leave it out, or use .optional()')
}

/** A value of JSON that is neither an object nor an array. */
function isScalar(value: unknown): boolean {
  return value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)
}

function nameOf(value: unknown): string {
  return typeof value === 'bigint' ? `${value}n` : String(value)
}

/** Makes the JSON Schema of one schema refuse no more than zod does, and of numbers no less. */
function mendConverted(def: ZodDefinition, json: ConvertedSchema): void {
  // A number of zod is a double that is no Infinity.
  if (def.type === 'number') {
    if (json.minimum === undefined && json.exclusiveMinimum === undefined) json.minimum = -Number.MAX_VALUE
    if (json.maximum === undefined && json.exclusiveMaximum === undefined) json.maximum = Number.MAX_VALUE
  }
  // A value that admits undefined, such as z.any(), may be absent under a name that is listed; that is for zod to say.
  if (def.type === 'record') delete json.required
  // A list of no schemas is none in JSON Schema; that there are no items is said beside it.
  if (def.type === 'tuple' && json.prefixItems?.length === 0) delete json.prefixItems
}

function isChange({ _zod }: ZodSchema): boolean {
  return _zod.def.type === 'transform'
}

/** What zod has to be asked about. */
function decidedByZod(def: ZodDefinition, patterns: Map<string, boolean>): string[] {
  const decided: string[] = []
  if (!exactKinds.has(def.type)) decided.push(def.type)
  if (def.type === 'string' && def.format !== undefined) decided.push(def.format)
  if (def.pattern) keepPattern(def.pattern, patterns)
  for (const { _zod } of def.checks ?? []) {
    const { check, format, pattern } = _zod.def
    if (pattern) keepPattern(pattern, patterns)
    // A record that a check of zod's own refuses is one that the JSON Schema refuses too, where the pattern means the same.
    const isExact = exactChecks.has(check) || (format === 'regex' && pattern && patterns.get(pattern.source))
    if (!isExact) decided.push(format ?? check)
  }
  return decided
}

function keepPattern(pattern: RegExp, patterns: Map<string, boolean>): void {
  let isSame = false
  try {
    isSame = patternSource(pattern) === pattern.source
  } catch {
    // It means something else under the u flag, so zod alone can tell.
  }
  // One source with different flags is decided by zod.
  patterns.set(pattern.source, isSame && patterns.get(pattern.source) !== false)
}
