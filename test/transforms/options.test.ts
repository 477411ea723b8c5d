import { limits, type ValidateOptions, validate } from 'sluice'
import t from 'tap'
import { person } from './people.js'
import { runText } from './run-validate.js'

t.test('a name that is no option is refused, with the names there are', (t) => {
  t.throws(() => validate(person, { maxError: 3 } as ValidateOptions), { code: 'option/invalid', message: /"maxError".*maxErrors/ })
  t.doesNotThrow(() => validate(person, { maxErrors: undefined, delimiter: undefined, batchBytes: undefined, signal: undefined }))
  t.end()
})

t.test('a value that cannot be used is refused, with the name and what it must be', (t) => {
  const bad: Record<string, unknown[]> = {
    format: ['xml', 1, null],
    delimiter: ['', ';;', 'é', '\n', 1],
    quote: ['""', '\r'],
    encoding: ['utf8', 'ascii', 1],
    dialect: [[], 'd.json', null],
    skipInitialSpace: [1, 'yes'],
    escape: ['ab'],
    comment: ['', '//'],
    header: [false, [], 'id,name', [1]],
    blankLines: ['keep'],
    missing: ['', [null]],
    mask: ['name', [1]],
    maxErrors: [-1, 1.5, '5', '101%', '-1%', '%', Number.NaN, null],
    unknownKeywords: ['warn'],
    threads: [0, -1, 1.5, 100_000, '2'],
    flushMs: [-1, Number.POSITIVE_INFINITY],
    source: [1],
    cells: ['yes'],
    allowEmpty: ['no'],
    formatAssertion: ['yes'],
    select: ['value'],
    signal: [{}],
    samplesPerRule: [-1],
  }
  for (const name of Object.keys(limits)) if (name !== 'samplesPerRule') bad[name] = [0, 1.5, -1, '7', 2 ** 60]
  for (const [name, values] of Object.entries(bad)) {
    for (const value of values) {
      const make = () => validate(person, { [name]: value } as ValidateOptions)
      t.throws(make, { code: 'option/invalid', message: new RegExp(name) }, `${name}: ${JSON.stringify(value)}`)
    }
  }
  t.throws(() => validate(person, { delimiter: '"' }), { code: 'option/invalid' })
  t.throws(() => validate(person, { comment: ',' }), { code: 'option/invalid' })
  t.throws(() => validate(person, { quote: '', escape: '\\' }), { code: 'option/invalid' })
  t.throws(() => validate(person, null as never), { code: 'option/invalid' })
  t.end()
})

t.test('a schema that cannot be compiled is refused at once', (t) => {
  t.throws(() => validate({ properties: { a: { minimun: 1 } } } as never), { code: 'schema/keyword', message: /\/properties\/a\/minimun/ })
  t.doesNotThrow(() => validate({ properties: { a: { minimun: 1 } } } as never, { unknownKeywords: 'ignore' }))
  t.throws(() => validate({ pattern: '(' }), { code: 'schema/pattern' })
  t.throws(() => validate({ type: 'text' } as never), { code: 'schema/invalid' })
  t.throws(() => validate({ format: 'phone' }), { code: 'schema/format' })
  for (const none of [null, undefined, 3, 'text', []]) t.throws(() => validate(none as never), { name: 'SluiceError' }, String(none))
  t.end()
})

t.test('options that say how the text is read', async (t) => {
  const read = async (text: string, options: ValidateOptions) => (await runText(text, person, options)).report.counts
  t.match(await read('id;name\n1;a\n', { delimiter: ';' }), { valid: 1 })
  t.match(await read("id,name\n1,'a,b'\n", { quote: "'" }), { valid: 1 })
  t.match(await read('id,name\n1,"a\n2,b"\n', { quote: '' }), { valid: 2 })
  t.match(await read('id,name\n1,"a\\",b"\n', { escape: '\\' }), { valid: 1 })
  t.match(await read('# made today\nid,name\n# more\n1,a\n', { comment: '#' }), { read: 1, valid: 1 })
  t.match(await read('1,a\n', { header: ['id', 'name'] }), { valid: 1 })
  t.match(await read('id,name\n1,a\n\n2,b\n', { blankLines: 'skip' }), { read: 2, valid: 2 })
  t.match(await read('id,name\n1,a\n\n2,b\n', {}), { read: 3, valid: 2 })
  t.match(await read('id,name,age\n1,a,-\n', { missing: ['-'] }), { valid: 1 })
  t.match(await read('{"id":1,"name":"a"}\n', {}), { valid: 1 }, 'the first byte tells of NDJSON')
  t.match(await read('  {"id":1,"name":"a"}\n', { format: 'ndjson' }), { valid: 1 })
})

t.test('masked values are shown nowhere', async (t) => {
  const secret = 'hunter2-hunter2'
  const rules = { properties: { id: { type: 'integer' }, key: { maxLength: 3 } } }
  for (const text of [`id,key\nx,${secret}\n`, `{"id":"x","key":"${secret}"}\n`]) {
    const { violations, report } = await runText(text, rules, { mask: ['key'] })
    t.notMatch(JSON.stringify([violations, report]), secret)
    t.match(violations, [
      { field: 'id', value: 'x' },
      { field: 'key', value: '***' },
    ])
  }
})
