import * as fs from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import t from 'tap'
import { filterModule, people, sluice } from './run-filter.js'

type Parse = (text: string) => unknown
const { parseJson } = await filterModule<{ parseJson: Parse }>('../schema/json-text.js')
const { parseYaml } = await filterModule<{ parseYaml: Parse }>('yaml-text.js')

/** What reading `text` throws; undefined when it is read. */
function faultOf(parse: Parse, text: string): { message: string; line: number; column: number } | undefined {
  try {
    parse(text)
    return undefined
  } catch (error) {
    return error as { message: string; line: number; column: number }
  }
}

const json = people['people.schema.json']
const yaml = 'type: object\nproperties:\n  id: {type: integer}\n  age: {type: integer, minimum: 18}\nrequired: [id, age]\n'

t.test('a schema from every kind of file', async (t) => {
  const cwd = t.testdir({
    'people.csv': people['people.csv'],
    'a.json': json,
    'bom.json': `\ufeff${json}`,
    'a.yaml': yaml,
    'a.yml': yaml,
    'json-no-extension': json,
    'yaml.txt': yaml,
    'default.mjs': `export default ${json}`,
    'named.mjs': `export const schema = ${json}`,
    'common.cjs': `module.exports = ${json}`,
    'built.mjs': `import { field, schema } from ${JSON.stringify(new URL('../../../dist/index.js', import.meta.url).href)}
      export default schema({ id: field.integer(), age: field.integer().min(18) })`,
  })
  for (const name of fs.readdirSync(cwd).filter((each) => each !== 'people.csv')) {
    const outcome = await sluice(['validate', 'people.csv', '--schema', name], { cwd })
    t.strictSame(outcome, { code: 1, stdout: people['valid.csv'], stderr: '' }, name)
  }
})

t.test('JSON is read as JSON.parse reads it', (t) => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 5 }), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
      const value = JSON.parse(text)
      const written = JSON.stringify(value, null, indent)
      return JSON.stringify(parseJson(written)) === JSON.stringify(value)
    }),
  )
  t.pass('all the same')
  t.end()
})

t.test('what JSON.parse refuses is refused', (t) => {
  const alphabet = [...'{}[],:"\\u0041-+.eE09 \n\u0001tfn', 'true', 'null', '""', '1']
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...alphabet), { maxLength: 8 }), (parts) => {
      const text = parts.join('')
      try {
        JSON.parse(text)
        return true
      } catch {
        return Number.isInteger(faultOf(parseJson, text)?.line)
      }
    }),
    { numRuns: 2000 },
  )
  t.pass('all refused')
  t.end()
})

t.test('what JSON.parse loses in silence is refused', (t) => {
  t.match(faultOf(parseJson, '{\n  "a": 1,\n  "\\u0061": 2}'), { message: 'the key "\\u0061" is there twice', line: 3, column: 3 })
  for (const number of ['9007199254740993', '1e400', '-1e400', '1e-400', '0.1000000000000000055', '123456789012345678901']) {
    t.match(
      faultOf(parseJson, `[${number}]`),
      { message: new RegExp(`^the number ${number.replace('.', '\\.')} cannot be held exactly`), column: 2 },
      number,
    )
    t.match(faultOf(parseYaml, `- ${number}`), { line: 1, column: 3 }, number)
  }
  for (const number of ['0.1', '-0', '1.50', '15e-1', '1E+2', '9007199254740992', '1e23', '100000000000000000000000', '5e-324', '0.0']) {
    t.strictSame(parseJson(number), JSON.parse(number), number)
    t.strictSame(parseYaml(number), JSON.parse(number), number)
  }
  const proto = parseJson('{"__proto__": 1}') as object
  t.ok(Object.hasOwn(proto, '__proto__'))
  t.end()
})

t.test('what is long or deep', (t) => {
  const long = JSON.stringify({ enum: ['é"\\'.repeat(1_000_000)] })
  t.equal(JSON.stringify(parseJson(long)), long)
  t.match(faultOf(parseJson, '['.repeat(100_000)), { message: 'values nest more than 1000 deep' })
  t.match(faultOf(parseYaml, '['.repeat(100_000)), { line: Number })
  t.end()
})

t.test('YAML that is not JSON data, or reads as something else, is refused', (t) => {
  t.strictSame(parseYaml('a: &x {b: [1, 2.5, yes, 2020-01-01, null]}\nc: *x # twice'), {
    a: { b: [1, 2.5, 'yes', '2020-01-01', null] },
    c: { b: [1, 2.5, 'yes', '2020-01-01', null] },
  })
  const refused: [string, RegExp, number, number][] = [
    ['a: 1\nb: 2\na: 3', /map keys must be unique/, 3, 1],
    ['a: [1, 2', /flow sequence/, 1, 9],
    ['a: .inf', /cannot be held exactly/, 1, 4],
    ['a: .nan', /cannot be held exactly/, 1, 4],
    ['007: x', /a key is not a text/, 1, 1],
    ['{true: x}', /a key is not a text/, 1, 2],
    ['? [a]\n: 1', /a key is not a text/, 1, 3],
    ['a: !pair x', /unresolved tag/, 1, 4],
    ['a: 1\n---\nb: 2', /multiple documents/, 2, 1],
  ]
  for (const [text, message, line, column] of refused) t.match(faultOf(parseYaml, text), { message, line, column }, text)
  t.end()
})

t.test('a file that is no text, or empty', async (t) => {
  const cwd = t.testdir({ ...people, 'empty.json': ' \n', 'comments.yaml': '# nothing\n' })
  fs.writeFileSync(join(cwd, 'latin.json'), Buffer.from('{"title": "caf\u00e9"}', 'latin1'))
  const told = async (name: string) => (await sluice(['validate', 'people.csv', '--schema', name], { cwd })).stderr
  t.equal(await told('empty.json'), 'sluice: The schema empty.json is empty. [schema/invalid]\n')
  t.equal(await told('comments.yaml'), 'sluice: The schema comments.yaml is empty. [schema/invalid]\n')
  t.equal(await told('latin.json'), 'sluice: The schema latin.json is not UTF-8 text. [schema/invalid]\n')
})
