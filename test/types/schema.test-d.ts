// Nothing here runs: tsc is the test. A wrong inference fails to compile, and so does an @ts-expect-error that expects in vain.
import { pipeline } from 'node:stream/promises'
import { Type } from '@sinclair/typebox'
import {
  field,
  fileSource,
  fromJSONSchema,
  type Infer,
  jsonSchemaOf,
  type RecordOf,
  recordBatches,
  records,
  type Schema,
  type SchemaInput,
  type StandardSchema,
  schema,
  validate,
  validated,
} from 'sluice'
import * as z from 'zod'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function expect<T extends true>(): T

const users = schema({
  user_id: field.string().pattern(/^\d{6}$/),
  email: field.string().format('email').nullable(),
  age: field.integer().min(18).max(120),
  balance: field.number().min(0).optional(),
  role: field.enum(['admin', 'guest', 3, null]),
  kind: field.literal('user'),
  tags: field.array(field.string().enum(['a', 'b'])).optional(),
  home: field.object({ zip: field.string(), floor: field.integer().optional().nullable() }).nullable(),
  extra: field.any(),
  nothing: field.null().optional(),
  yes: field.boolean().const(true),
})
type User = Infer<typeof users>
expect<
  Equal<
    User,
    {
      user_id: string
      email: string | null
      age: number
      balance?: number | undefined
      role: 'admin' | 'guest' | 3 | null
      kind: 'user'
      tags?: ('a' | 'b')[] | undefined
      home: { zip: string; floor?: number | null | undefined } | null
      extra: unknown
      nothing?: null | undefined
      yes: true
    }
  >
>()
expect<Equal<RecordOf<typeof users>, User>>()

// Chaining keeps what came before, in any order.
expect<Equal<Infer<ReturnType<typeof chained>>, 'a' | null>>()
function chained() {
  return field.string().optional().nullable().enum(['a']).minLength(1).title('t')
}
const wide: string[] = ['a']
const fromWide = field.enum(wide)
expect<Equal<Infer<typeof fromWide>, string>>()
const one = schema({ a: chained() })
expect<Equal<Infer<typeof one>, { a?: 'a' | null | undefined }>>()

// Composition.
const small = schema({ a: field.string(), b: field.integer().optional(), c: field.boolean() })
const picked = small.pick('a', 'b')
expect<Equal<Infer<typeof picked>, { a: string; b?: number | undefined }>>()
const omitted = small.omit('a')
expect<Equal<Infer<typeof omitted>, { b?: number | undefined; c: boolean }>>()
const partial = small.partial()
expect<Equal<Infer<typeof partial>, { a?: string | undefined; b?: number | undefined; c?: boolean | undefined }>>()
const partly = small.partial('a')
expect<Equal<Infer<typeof partly>, { b?: number | undefined; c: boolean; a?: string | undefined }>>()
const extended = small.extend({ a: field.integer(), d: field.string().optional() })
expect<Equal<Infer<typeof extended>, { b?: number | undefined; c: boolean; a: number; d?: string | undefined }>>()
const joined = picked.extend(schema({ e: field.null() }))
expect<Equal<Infer<typeof joined>, { a: string; b?: number | undefined; e: null }>>()
const strict = small.strict()
expect<Equal<Infer<typeof strict>, Infer<typeof small>>>()

// Names that are special to JavaScript.
const odd = schema({ ['__proto__']: field.string(), constructor: field.integer() })
expect<Equal<Infer<typeof odd>['constructor'], number>>()
expect<Equal<Infer<typeof odd>['__proto__'], string>>()

// Without a builder the type is what the caller says.
interface Point {
  x: number
}
const points = fromJSONSchema<Point>({ type: 'object' })
expect<Equal<Infer<typeof points>, Point>>()
const unknowns = fromJSONSchema({ type: 'object' })
expect<Equal<Infer<typeof unknowns>, Record<string, unknown>>>()
expect<Equal<RecordOf<{ type: 'object' }>, Record<string, unknown>>>()
expect<Equal<RecordOf<boolean>, Record<string, unknown>>>()
const pickedUnknown = unknowns.pick('a')
expect<Equal<Infer<typeof pickedUnknown>, { a: unknown }>>()

// Any schema goes where one is asked for.
function accepts<S extends SchemaInput>(input: S): RecordOf<S> {
  return jsonSchemaOf(input) as RecordOf<S>
}
expect<Equal<ReturnType<typeof accepts<typeof users>>, User>>()
accepts({ type: 'object', properties: { a: { type: 'string', 'x-missing': [''] } } } as const)
const imported = { type: 'object', properties: { a: { type: 'string', minimum: 1 } }, required: ['a'] }
accepts(imported)
const asStandard: StandardSchema<User> = users
const asUnknown: Schema<unknown> = users
void [asStandard, asUnknown]
// @ts-expect-error a misspelt keyword in a literal
fromJSONSchema({ type: 'object', propertys: {} })
// @ts-expect-error a field is no schema
accepts(field.string())
// @ts-expect-error a schema of other records
const other: Schema<Point> = users
void other

// Only what makes sense exists.
// @ts-expect-error numbers have no pattern
field.number().pattern(/a/)
// @ts-expect-error texts have no minimum
field.string().min(1)
// @ts-expect-error booleans have no minLength
field.boolean().minLength(1)
// @ts-expect-error lists are in no cell
field.array(field.string()).missing([''])
// @ts-expect-error any admits null already
field.any().nullable()
// @ts-expect-error items cannot be optional
field.array(field.string().optional())
// @ts-expect-error the value is of another type
field.integer().default('a')
// @ts-expect-error null is not admitted
field.integer().default(null)
field.integer().nullable().default(null)
// @ts-expect-error texts list texts
field.string().enum([1])
// @ts-expect-error no such field
small.pick('z')
// @ts-expect-error not a field
schema({ a: 'string' })

// validated() keeps the function's type.
const load = validated(users, async (user, times: number) => `${user.user_id}${times}`)
expect<Equal<typeof load, (user: User, times: number) => Promise<string>>>()
function* each<T>(this: { n: T }, user: User): Generator<T | number> {
  yield this.n
  yield user.age
}
const eachUser = validated(users, each)
expect<Equal<typeof eachUser, typeof each>>()
// @ts-expect-error the record is of another type
validated(users, (user: { age: string }) => user)
// @ts-expect-error the wrapped function is asked for a User
load({ user_id: 5 }, 1)
declare const transforming: StandardSchema<string, Date>
const year = validated(transforming, (date, plus: number) => date.getFullYear() + plus)
expect<Equal<typeof year, (this: unknown, record: string, plus: number) => number>>()
const plain = validated({ type: 'object' }, (record) => record.a)
expect<Equal<Parameters<typeof plain>[0], Record<string, unknown>>>()
const given = validated({ type: 'object' }, (point: Point) => point.x)
expect<Equal<Parameters<typeof given>[0], Point>>()

// What records() gives is typed by the schema, within a pipeline as well.
const typed = schema({ id: field.integer(), tag: field.literal(3), deep: field.array(field.object({ n: field.number() })).optional() })
type OfRecords<S> = S extends (source: AsyncIterable<unknown>) => AsyncGenerator<infer T> ? T : never
const inNumbers = records(typed)
const large = records(typed, { bigint: true })
const batched = recordBatches(typed)
expect<Equal<OfRecords<typeof inNumbers>, Infer<typeof typed>>>()
expect<Equal<OfRecords<typeof batched>, Infer<typeof typed>[]>>()
expect<Equal<OfRecords<typeof large>, { id: number | bigint; tag: 3; deep?: { n: number | bigint }[] | undefined }>>()
const untyped = records()
expect<Equal<OfRecords<typeof untyped>, Record<string, unknown>>>()
const zodSchema = z.object({ a: z.string() })
const ofZod = records(zodSchema)
expect<Equal<OfRecords<typeof ofZod>, { a: string }>>()
const ofTypeBox = records(Type.Object({ a: Type.Integer() }))
expect<Equal<OfRecords<typeof ofTypeBox>, { a: number }>>()
export const inPipeline = () =>
  pipeline(fileSource('x'), validate(typed), records(typed), async (source) => {
    for await (const record of source) expect<Equal<typeof record, Infer<typeof typed>>>()
  })
// @ts-expect-error a rule gives true or a sentence, not false
typed.check('x', () => false)
typed.check('x', (record) => record.id > 1 || 'is small')
// @ts-expect-error there is no such field
typed.check('x', (record) => record.other === 1 || 'x')
// rule() keeps the type of the record.
const ruled = users.rule('balance', '!has(this.balance) || balance < 100', { message: 'is too high' })
expect<Equal<Infer<typeof ruled>, User>>()
// @ts-expect-error a rule needs its expression
users.rule('balance')
// @ts-expect-error a rule has no such option
users.rule('balance', 'true', { weight: 1 })
users.rule('balance', 'true', { severity: 'warning' }).check('x', () => true, { severity: 'abort' })
// @ts-expect-error there is no such severity
users.rule('balance', 'true', { severity: 'fatal' })
// @ts-expect-error a rule in a schema needs its expression
validate({ 'x-rules': [{ id: 'balance' }] })
// What only warns lets other values through, and the type says so.
const weighed = schema({
  kind: field.string().enum(['a', 'b']).severity('warning', 'enum'),
  grade: field.enum([1, 2]).nullable().severity('warning'),
  sure: field.boolean().const(true).severity('abort'),
  box: field.object({ a: field.integer() }).severity('warning', 'required'),
})
expect<Equal<Infer<typeof weighed>, { kind: string; grade: number | null; sure: true; box: { a?: number } }>>()

// The names of a key are those of fields.
users.unique('user_id').unique('user_id', 'email')
// @ts-expect-error: no field
users.unique('id')
// @ts-expect-error: no key without a field
users.unique()

const changed = schema({ a: field.integer(), b: field.string().optional(), c: field.string().nullable(), d: field.boolean() }).transform([
  { rename: { a: 'id' } },
  { default: { b: 'x' } },
  { cast: { id: 'string', d: 'string' } },
  { mask: { c: { keepLast: 2 } } },
  { constant: { source: 1 } },
])
expect<Equal<Infer<typeof changed>, { id: string; b: string; c: string | null; d: string; source: number }>>()
const chosen = changed.transform([{ select: ['source', 'id'] }])
expect<Equal<Infer<typeof chosen>, { source: number; id: string }>>()
const dropped = changed.transform([{ drop: ['b', 'c', 'd', 'source'] }])
expect<Equal<Infer<typeof dropped>, { id: string }>>()
// @ts-expect-error There is no such step.
changed.transform([{ pick: ['id'] }])
