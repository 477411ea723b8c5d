import { Readable, Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import fc from 'fast-check'
import { split, type ValidateOptions, type Violation, validate } from 'sluice'
import t from 'tap'
import { timeless } from '../transforms/run-validate.js'

interface Record {
  a?: bigint | null
  b?: bigint
  s?: string
  list: bigint[]
}

/** An expression in CEL and in JavaScript; where CEL has no answer, JavaScript throws. */
interface Both<Value> {
  cel: string
  js: (record: Record, item?: bigint) => Value
}

class NoAnswer extends Error {}
const noAnswer = (): never => {
  throw new NoAnswer()
}
const member = <Name extends 'a' | 'b' | 's'>(name: Name): Both<NonNullable<Record[Name]>> => ({
  cel: name,
  js: (record) => (record[name] === undefined ? noAnswer() : record[name]) as NonNullable<Record[Name]>,
})
const small = fc.bigInt({ min: -3n, max: 3n })
const whole = fc.oneof(small, fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }))
/** Number text that CEL reads: it has no whole number beyond 64 bits. */
const constant = small.map((value): Both<bigint> => ({ cel: `(${value})`, js: () => value }))

type Sides<Value> = [Both<Value>, Both<Value>]
const two =
  <In, Out>(sign: string, of: (one: In, other: In) => Out) =>
  ([one, other]: Sides<In>): Both<Out> => ({
    cel: `(${one.cel} ${sign} ${other.cel})`,
    js: (...given) => {
      const [left, right] = [one.js(...given), other.js(...given)]
      // Null equals null, and is in no order and no sum.
      if ((left === null || right === null) && sign !== '==' && sign !== '!=') return noAnswer()
      return of(left, right)
    },
  })
const divided = (of: (one: bigint, other: bigint) => bigint) => (one: bigint, other: bigint) => (other === 0n ? noAnswer() : of(one, other))

/** `&&` and `||`: either side decides, also where the other has no answer. */
const logic =
  (sign: string, decides: boolean) =>
  ([one, other]: Sides<boolean>): Both<boolean> => ({
    cel: `(${one.cel} ${sign} ${other.cel})`,
    js: (...given) => {
      const answers = [one, other].map((side) => answerOf(() => side.js(...given)))
      if (answers.includes(decides)) return decides
      return answers.includes('none') ? noAnswer() : !decides
    },
  })

function answerOf(ask: () => boolean): boolean | 'none' {
  try {
    return ask()
  } catch (error) {
    if (error instanceof NoAnswer) return 'none'
    throw error
  }
}

const sizeOf: Both<bigint> = { cel: 'size(s)', js: (record) => BigInt((record.s ?? noAnswer()).length) }
const { truth } = fc.letrec<{ number: Both<bigint>; truth: Both<boolean> }>((tie) => {
  const numbers = fc.tuple(tie('number'), tie('number')) as fc.Arbitrary<Sides<bigint>>
  const truths = fc.tuple(tie('truth'), tie('truth')) as fc.Arbitrary<Sides<boolean>>
  const texts = fc.constantFrom<Both<string>>(
    member('s'),
    { cel: "'b'", js: () => 'b' },
    { cel: "(s + 'c')", js: (record) => `${record.s ?? noAnswer()}c` },
  )
  const sides = fc.tuple(texts, texts)
  const item: Both<bigint> = { cel: 'x', js: (_record, item) => item ?? noAnswer() }
  const within = fc.tuple(fc.constantFrom('<', '>=', '=='), small)
  const test = (sign: string, bound: bigint) =>
    sign === '<' ? (x: bigint) => x < bound : sign === '==' ? (x: bigint) => x === bound : (x: bigint) => x >= bound
  return {
    number: fc.oneof(
      { maxDepth: 4 },
      fc.oneof(constant, fc.constantFrom<Both<bigint>>(member('a'), member('b'), sizeOf)),
      numbers.map(two('+', (one: bigint, other: bigint) => one + other)),
      numbers.map(two('-', (one: bigint, other: bigint) => one - other)),
      numbers.map(two('*', (one: bigint, other: bigint) => one * other)),
      numbers.map(
        two(
          '/',
          divided((one, other) => one / other),
        ),
      ),
      numbers.map(
        two(
          '%',
          divided((one, other) => one % other),
        ),
      ),
      fc.tuple(tie('truth'), numbers).map(([test, [yes, no]]) => {
        const ask = test as Both<boolean>
        return {
          cel: `(${ask.cel} ? ${yes.cel} : ${no.cel})`,
          js: (...given: [Record, bigint?]) => (ask.js(...given) ? yes.js(...given) : no.js(...given)),
        }
      }),
    ),
    truth: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom<Both<boolean>>(
        { cel: 'has(this.a)', js: (record) => record.a !== undefined },
        { cel: '(this.b in list)', js: (record) => (record.b === undefined ? noAnswer() : record.list.includes(record.b)) },
        { cel: 'true', js: () => true },
      ),
      numbers.map(two('<', (one: bigint, other: bigint) => one < other)),
      numbers.map(two('<=', (one: bigint, other: bigint) => one <= other)),
      numbers.map(two('==', (one: bigint, other: bigint) => one === other)),
      numbers.map(two('!=', (one: bigint, other: bigint) => one !== other)),
      sides.map(two('<', (one: string, other: string) => one < other)),
      sides.map(two('==', (one: string, other: string) => one === other)),
      truths.map(logic('&&', false)),
      truths.map(logic('||', true)),
      tie('truth').map((of) => ({
        cel: `!${(of as Both<boolean>).cel}`,
        js: (...given: [Record, bigint?]) => !(of as Both<boolean>).js(...given),
      })),
      within.map(([sign, bound]) => ({
        cel: `list.all(x, ${item.cel} ${sign} ${bound})`,
        js: ({ list }: Record) => list.every(test(sign, bound)),
      })),
      within.map(([sign, bound]) => ({
        cel: `list.exists(x, ${item.cel} ${sign} ${bound})`,
        js: ({ list }: Record) => list.some(test(sign, bound)),
      })),
    ),
  }
})

const record = fc.record(
  { a: fc.option(whole), b: whole, s: fc.stringMatching(/^[a-c]{0,4}$/), list: fc.array(small, { maxLength: 4 }) },
  { requiredKeys: ['list'] },
) as fc.Arbitrary<Record>

const properties = {
  a: { type: ['integer', 'null'] },
  b: { type: 'integer' },
  s: { type: 'string' },
  list: { type: 'array', items: { type: 'integer' } },
} as const

// JSON.stringify has no word for a bigint, and a float would not do.
function lineOf({ a, b, s, list }: Record): string {
  const members = [
    a === undefined ? [] : `"a":${a}`,
    b === undefined ? [] : `"b":${b}`,
    s === undefined ? [] : `"s":"${s}"`,
    `"list":[${list}]`,
  ]
  return `{${members.flat().join(',')}}\n`
}

async function run(bytes: Buffer, schema: object, cuts: readonly number[], options: ValidateOptions) {
  const kept = { valid: '', invalid: '', violations: '' }
  const keep = (part: keyof typeof kept) =>
    new Writable({
      write: (chunk: Buffer, _encoding, next) => {
        kept[part] += chunk.toString('latin1')
        next()
      },
    })
  const gate = validate(schema, { format: 'ndjson', ...options })
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((one, other) => one - other), bytes.length]
  const parts = places.slice(1).map((end, at) => bytes.subarray(places[at], end))
  await pipeline(Readable.from(parts), gate, split({ valid: keep('valid'), invalid: keep('invalid'), violations: keep('violations') }))
  return { ...kept, report: gate.report && timeless(gate.report) }
}

t.test('a rule says what the same expression says in JavaScript', async (t) => {
  const answers = new Map<boolean | 'none', number>()
  await fc.assert(
    fc.asyncProperty(truth, fc.array(record, { minLength: 1, maxLength: 12 }), async (rule, records) => {
      const schema = { properties, 'x-rules': [{ id: 'it', cel: rule.cel }] }
      const { violations } = await run(Buffer.from(records.map(lineOf).join('')), schema, [], { threads: 1 })
      const told: Violation[] = violations
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line))
      const found = records.map((_, at) => {
        const violation = told.find((each) => each.record === at + 1)
        return violation === undefined ? true : violation.code === 'rule' ? false : 'none'
      })
      const wanted = records.map((each) => answerOf(() => rule.js(each)))
      for (const each of wanted) answers.set(each, (answers.get(each) ?? 0) + 1)
      if (String(found) !== String(wanted)) throw new Error(`${rule.cel}\nof ${records.map(lineOf).join('')}is ${found}, not ${wanted}`)
    }),
    { numRuns: 600 },
  )
  for (const each of [true, false, 'none'] as const)
    t.ok((answers.get(each) ?? 0) > 100, `${each} was among the answers`, Object.fromEntries(answers))
})

t.test('no input is lost under rules, and chunks, batches and threads change nothing', async () => {
  const lines = fc.array(fc.oneof(record.map(lineOf), fc.constantFrom('{"a":"x","list":[]}\n', '{\n', '\n')), { maxLength: 30 })
  const ways = fc.record({ batchBytes: fc.integer({ min: 1, max: 200 }), threads: fc.constantFrom(1, 2, 4) })
  const schema = {
    properties,
    'x-rules': [
      { id: 'order', cel: 'a <= b' },
      { id: 'sum', cel: 'list.all(x, x < 3) || size(s) > 1' },
    ],
  }
  await fc.assert(
    fc.asyncProperty(lines, fc.array(fc.nat(), { maxLength: 8 }), ways, async (lines, cuts, way) => {
      const bytes = Buffer.from(lines.join(''))
      const whole = await run(bytes, schema, [], { threads: 1, allowEmpty: true })
      const sorted = (text: string) => text.split('\n').sort().join('\n')
      if (sorted(whole.valid + whole.invalid) !== sorted(bytes.toString())) throw new Error('valid and invalid are not the input')
      const other = await run(bytes, schema, cuts, { ...way, allowEmpty: true })
      if (JSON.stringify(whole) !== JSON.stringify(other)) throw new Error(`${JSON.stringify(whole)}\n${JSON.stringify(other)}`)
    }),
    { numRuns: 150 },
  )
})
