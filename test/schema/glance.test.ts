import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'

const inside = (path: string) => import(new URL(`../../../dist/${path}`, import.meta.url).href)
const { glanceOf } = await inside('schema/glance/glance.js')
const { glanceOn } = await inside('transforms/glancing.js')
const { cheapPattern } = await inside('schema/glance/pattern-cost.js')
const { compilePlan, schemaTextOf } = await inside('native.js')
const api = new URL('../../../dist/index.js', import.meta.url).href

const schema = {
  type: 'object',
  properties: { id: { type: 'integer', minimum: 0 }, code: { type: 'string', pattern: '^[A-Z]{2}$' }, note: { type: 'string' } },
  required: ['id'],
}

function glance(json: object, options = {}): ((record: unknown) => boolean) | undefined {
  const plan = compilePlan(json, { formatAssertion: true, ignoreUnknown: true, bytesMax: 1e6, mask: [] })
  return glanceOf(plan, schemaTextOf(plan), {
    cells: false,
    missing: [''],
    formatAssertion: true,
    recordBytesMax: 8 << 20,
    ...options,
  })
}

t.test('a glance passes what is plainly valid, in whatever order its keys come', (t) => {
  const passes = glance(schema) as (record: unknown) => boolean
  for (const record of [
    { id: 1 },
    { code: 'AB', id: 1 },
    { id: 1, other: 'x' },
    { note: 'x', other: 2, id: 0 },
    { id: 3, code: undefined },
  ])
    t.ok(passes(record), JSON.stringify(record))
  for (let id = 0; id < 200; id++) if (!passes(id % 2 ? { id, code: 'AB' } : { code: 'AB', id })) t.fail(`at ${id}`)
  for (const record of [
    { id: -1 },
    { id: 0.5 },
    { id: 1, code: 'A' },
    {},
    { id: undefined },
    { id: 1, other: Number.NaN },
    { id: 1, other: {} },
    [1],
    null,
  ])
    t.notOk(passes(record), String(JSON.stringify(record)))
  t.end()
})

t.test('where a schema has a word that is not understood, there is no glance', (t) => {
  for (const more of [
    { 'x-rules': [{ id: 'a', cel: 'id > 1' }] },
    { 'x-severity': { required: 'warning' } },
    { minProperties: 1 },
    { patternProperties: { '^i': { minimum: 1 } } },
    { $defs: {} },
    { 'x-anything': 1 },
    { if: {} },
    { required: ['other'] },
  ])
    t.equal(glance({ ...schema, ...more }), undefined, JSON.stringify(more))
  for (const field of [
    { type: 'integer', 'x-anything': 1 },
    { type: 'integer', minimum: 1, 'x-severity': { minimum: 'warning' } },
    { type: 'integer', contentEncoding: 'base64' },
    { type: 'string', pattern: '^(a+)+$' },
    { type: 'string', format: 'regex' },
    { anyOf: [{}] },
  ])
    t.equal(glance({ properties: { id: field }, required: ['id'] }), undefined, JSON.stringify(field))
  t.equal(glance({ properties: { toJSON: {} } }), undefined)
  const plan = compilePlan({}, { formatAssertion: true, ignoreUnknown: true, bytesMax: 1e6, mask: [] })
  const reading = { cells: false, missing: [], formatAssertion: true, recordBytesMax: 8 << 20 }
  const exact = '{"properties":{"id":{"minimum":9007199254740993}}}'
  t.equal(glanceOf(plan, exact, reading), undefined, 'a number with more digits than JavaScript keeps')
  t.equal(glance(schema, { recordBytesMax: 100_000 }), undefined, 'where records must be small, their size is for Rust to tell')
  t.end()
})

t.test('where an option is set that is not understood, there is no glance', (t) => {
  const planOptions = { formatAssertion: true, ignoreUnknown: false, bytesMax: 1e6, mask: [] }
  const plan = compilePlan(schema, planOptions)
  const native = { format: 'records', missing: [''], recordBytesMax: 8 << 20 }
  const made = (options: object, more = {}, checks: unknown[] = []) =>
    glanceOn({ plan, planOptions, options, checks }, { ...native, ...more })
  t.equal(made({})?.mayHandOn, true)
  t.equal(made({ maxErrors: undefined, depthMax: undefined, emit: 'valid' })?.mayHandOn, true)
  for (const option of [{ maxErrors: 1 }, { maxErrors: '1%' }, { emit: 'all' }]) t.equal(made(option)?.mayHandOn, false)
  t.equal(made({}, {}, ['a rule'])?.mayHandOn, false)
  for (const option of ['depthMax', 'checkpoint', 'header', 'anythingNew']) t.equal(made({ [option]: 5 }), undefined, option)
  t.equal(made({}, { wantsValues: true }), undefined)
  t.end()
})

t.test('no pattern stalls the event loop', (t) => {
  for (const pattern of [
    '^(a+)+$',
    '^(a|a)*$',
    '(a*)*',
    '^a*a*a*a*b$',
    '^(?=a)',
    '(.)\\1',
    '^(?:a?){64}a{64}$',
    '^[a-z]+@[a-z]+\\.[a-z]+$',
    '^(?<n>a)',
    '^a{1000}$',
  ])
    t.equal(cheapPattern(pattern), undefined, pattern)
  for (const pattern of ['^[A-Z]{2}-[0-9]{4}$', '^a*b$', '[0-9]{3}$', '^(?:EUR|USD)$', '^\\d{3}-?\\d{4}$', '^[a-z]+(?:-[a-z]{2})?$']) {
    const cheap = cheapPattern(pattern)
    t.ok(cheap, pattern)
    const compiled = new RegExp(pattern, 'u')
    for (const letter of ['a', '0', '-']) {
      const start = process.hrtime.bigint()
      compiled.test(letter.repeat(cheap.textMax))
      // One that goes back over the text takes hours; a busy machine may take a moment.
      t.ok(process.hrtime.bigint() - start < 2_000_000_000n, `${letter} against ${pattern}`)
    }
  }
  t.end()
})

t.test('where code may not be generated, Rust sees every record', async (t) => {
  const program = `
    import { Readable } from 'node:stream'
    const { validate } = await import(${JSON.stringify(api)})
    const gate = validate(${JSON.stringify(schema)})
    const valid = await Readable.from([{ id: 1 }, { id: -1 }, { id: 2, code: 'AB' }]).pipe(gate).toArray()
    console.log(JSON.stringify([valid, gate.counts]))`
  const flags = ['--disallow-code-generation-from-strings', '--input-type=module', '-e', program]
  const { stdout } = await promisify(execFile)(process.execPath, flags)
  t.strictSame(JSON.parse(stdout), [[{ id: 1 }, { id: 2, code: 'AB' }], { read: 3, valid: 2, invalid: 1, violations: 1 }])
})
