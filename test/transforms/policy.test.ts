import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import * as fc from 'fast-check'
import { checkRecord, type JSONSchema, type ValidateOptions, validate, verdictOf } from 'sluice'
import t from 'tap'

async function outcome(schema: JSONSchema, input: string, options: ValidateOptions) {
  const check = validate(schema, options)
  let [valid, invalid, violations] = ['', '', '']
  let failure: unknown
  await pipeline(Readable.from([Buffer.from(input)]), check, async (chunks) => {
    for await (const chunk of chunks) {
      valid += chunk
      invalid += verdictOf(chunk)?.invalid ?? ''
      violations += verdictOf(chunk)?.violations ?? ''
    }
  }).catch((error) => {
    failure = error
  })
  const codes = violations.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line).code]))
  return { valid, invalid, codes, failure, counts: check.report?.counts, report: check.report }
}

t.test('one name twice', async (t) => {
  const schema = {
    properties: { a: { type: 'integer', maximum: 5 }, b: { type: 'object', properties: { c: { const: 1 } } } },
    required: ['a'],
  }
  const lines = [
    '{"a":9,"a":1}',
    '{"a":1,"a":9}',
    '{"\\u0061":"x","a":2}',
    '{"a":1,"b":{"c":2,"c":1}}',
    '{"a":1,"b":{"c":1,"c":2}}',
    '{"a":1,"a"',
  ]
  const input = lines.map((line) => `${line}\n`).join('')

  await t.test('is a violation', async (t) => {
    const { valid, codes } = await outcome(schema, input, { format: 'ndjson' })
    t.equal(valid, '')
    t.strictSame([...new Set(codes)].sort(), ['const', 'json/duplicate-key', 'json/syntax', 'maximum', 'type'])
  })

  for (const [name, also] of Object.entries({
    'in one pass': {},
    'over a tape': { not: { const: 0 } },
    'by the full engine': { unevaluatedProperties: true },
  })) {
    await t.test(`or its last value counts, ${name}`, async (t) => {
      const found = await outcome({ ...schema, ...also }, input, { format: 'ndjson', duplicateKeys: 'last' })
      t.equal(found.valid, [0, 2, 3].map((at) => `${lines[at]}\n`).join(''))
      t.strictSame(found.codes, ['maximum', 'const', 'json/syntax'])
      t.strictSame(found.counts, { read: 6, valid: 3, invalid: 3, violations: 3 })
    })
  }
})

t.test('the last value counts as JSON.parse has it', async () => {
  const schema = {
    properties: {
      a: { type: ['integer', 'object'], minimum: 1, minProperties: 1, properties: { a: { type: 'string' } } },
      b: { enum: [1, 'x'] },
    },
    maxProperties: 2,
    additionalProperties: { type: 'array', uniqueItems: true },
  }
  const text: fc.Memo<string> = fc.memo((depth) => {
    const leaf = fc.constantFrom('0', '1', '"x"', 'null', '[1,1]', '[]')
    return depth < 2 ? leaf : fc.oneof(leaf, object(depth - 1))
  })
  const object = (depth: number): fc.Arbitrary<string> =>
    fc
      .array(fc.tuple(fc.constantFrom('"a"', '"b"', '"\\u0061"', '"c"'), text(depth)), { maxLength: 5 })
      .map((members) => `{${members.map(([name, value]) => `${name}:${value}`).join(',')}}`)
  await fc.assert(
    fc.asyncProperty(fc.array(object(3), { minLength: 1, maxLength: 8 }), async (lines) => {
      const { valid } = await outcome(schema, lines.map((line) => `${line}\n`).join(''), { format: 'ndjson', duplicateKeys: 'last' })
      return (
        valid ===
        lines
          .filter((line) => checkRecord(schema, JSON.parse(line)).length === 0)
          .map((line) => `${line}\n`)
          .join('')
      )
    }),
    { numRuns: 1_000 },
  )
})

t.test('a record that cannot be decided', async (t) => {
  // A budget of one step is over at once.
  const schema = { properties: { a: { type: 'string', pattern: '^(?=a)(a+)\\1$' }, b: { type: 'integer' } } }
  const limited = { format: 'ndjson', patternStepsMax: 1 } as const
  const [open, wrong, good] = ['{"a":"aaaa","b":1}\n', '{"a":"aaaa","b":"x"}\n', '{"b":1}\n']
  const input = good + open + wrong + good

  t.match(await outcome(schema, input, { ...limited }), {
    valid: good + good,
    invalid: open + wrong,
    codes: ['pattern/undecided', 'pattern/undecided', 'type'],
    counts: { read: 4, valid: 2, invalid: 2, violations: 3 },
    report: { undecided: 1 },
  })
  t.match(await outcome(schema, input, { ...limited, onUndecided: 'valid' }), {
    valid: good + open + good,
    invalid: wrong,
    codes: ['pattern/undecided', 'pattern/undecided', 'type'],
    counts: { read: 4, valid: 3, invalid: 1, violations: 3 },
    report: { undecided: 1 },
  })
  const aborted = await outcome(schema, input, { ...limited, onUndecided: 'abort' })
  t.match(aborted, {
    failure: { code: 'limit/undecided', report: { undecided: 1, counts: { read: 2, invalid: 1 } } },
    counts: { read: 2, valid: 1, invalid: 1, violations: 1 },
    report: { undecided: 1, complete: false },
  })
  const wrongAlone = await outcome(schema, wrong + good, { ...limited, onUndecided: 'abort' })
  t.match(
    wrongAlone,
    { failure: undefined, counts: { read: 2, invalid: 1 }, report: { undecided: 0 } },
    'one that breaks another rule is invalid in any case',
  )
  const first = await outcome(schema, wrong + good + open, { ...limited, onUndecided: 'abort', maxErrors: 0 })
  t.match(first.failure, { code: 'limit/max-errors' }, 'what comes first stops it')
})

t.test('other values are refused', (t) => {
  t.throws(() => validate(true, { duplicateKeys: 'first' as never }), { code: 'option/invalid', message: /violation, last/ })
  t.throws(() => validate(true, { onUndecided: 'skip' as never }), { code: 'option/invalid', message: /invalid, valid, abort/ })
  t.end()
})
