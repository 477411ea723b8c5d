import { validate } from 'sluice'
import t from 'tap'
import * as z from 'zod'
import { runText } from '../transforms/run-validate.js'

/** The lines that pass, each an object with the JSON text of a value under `f`. */
async function passing(of: z.ZodType, values: readonly string[]): Promise<string[]> {
  const lines = values.map((value) => `{"f":${value}}\n`)
  const { valid } = await runText(lines.join(''), z.object({ f: of }), { format: 'ndjson' })
  return values.filter((_, at) => valid.includes(lines[at] as string))
}

/** Those that zod itself accepts as JSON.parse reads them. */
function acceptedAlone(of: z.ZodType, values: readonly string[]): string[] {
  return values.filter((value) => of.safeParse(JSON.parse(value)).success)
}

t.test('a literal that JSON cannot say is refused, wherever it stands', async (t) => {
  const unsayable: [z.ZodType, RegExp][] = [
    [z.literal(undefined), /literal.*undefined/],
    [z.literal([undefined, 'a']), /literal.*undefined/],
    [z.literal(1n), /literal.*1n/],
    [z.literal([1n, 'a']), /literal.*1n/],
    [z.literal(Number.POSITIVE_INFINITY), /literal.*Infinity/],
    [z.literal(Number.NaN), /literal.*NaN/],
    [z.enum({ A: Number.POSITIVE_INFINITY, B: 1 }), /enum.*Infinity/],
    [z.void(), /void/],
    [z.symbol(), /symbol/],
  ]
  for (const [of, message] of unsayable)
    for (const each of [of, of.optional(), z.union([z.string(), of]), z.lazy(() => of), z.record(z.string(), of), z.array(of)])
      t.throws(() => validate(z.object({ f: each })), { code: 'schema/lossy', message }, String(message))
  for (const of of [
    z.literal(['a', 1, null, true]),
    z.literal(-0),
    z.enum({ left: 0, right: 1, 0: 'left', 1: 'right' }),
    z.literal('a').optional(),
  ]) {
    const values = ['"a"', '1', '0', '2', 'null', 'true', '"left"', '{}']
    t.strictSame(await passing(of, values), acceptedAlone(of, values))
  }
})

t.test('records of listed names, and tuples without items', async (t) => {
  const values = ['{}', '{"a":1}', '{"a":1,"b":"x"}', '{"c":1}', '[]', '[1]', '["a"]', 'null']
  const names = z.enum(['a', 'b'])
  for (const of of [
    ...[z.record(names, z.any()), z.record(names, z.unknown()), z.record(names, z.number()), z.partialRecord(names, z.number())],
    ...[z.tuple([]), z.tuple([z.string()], z.number()), z.tuple([z.number().optional()])],
  ]) {
    const accepted = acceptedAlone(of, values)
    t.not(accepted.length, values.length)
    t.strictSame(await passing(of, values), accepted, of._zod.def.type)
  }
})

t.test('zod says of a number the same beside a field that Rust decides and one that zod does', async (t) => {
  const values = ['9007199254740993', '-9007199254740995', '1e400', '-1e400', '1e308', '1.5', '7']
  const beyond = z.number().refine((value) => value !== 1.5)
  for (const of of [z.number(), z.number().min(0), z.number().lt(9), z.int(), z.number().nullable(), beyond]) {
    const accepted = acceptedAlone(of, values)
    t.strictSame(await passing(of, values), accepted, 'beside none')
    const beside = z.object({ f: of, s: z.string().min(1) })
    const lines = values.map((value) => `{"f":${value},"s":"x"}\n`)
    const { valid } = await runText(lines.join(''), beside, { format: 'ndjson' })
    t.equal(valid, lines.filter((_, at) => accepted.includes(values[at] as string)).join(''), 'beside a length')
  }
})
