import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { explain, readReferences, validate } from 'sluice'
import t from 'tap'

const files = {
  'main.json': JSON.stringify({ properties: { home: { $ref: 'parts/address.json' } } }),
  parts: {
    'address.json': JSON.stringify({
      properties: { city: { $ref: 'city.json#/$defs/name' }, planet: { $ref: 'https://example.org/planet' } },
    }),
    'city.json': JSON.stringify({ $defs: { name: { type: 'string', minLength: 1 } } }),
    'any-name.json': JSON.stringify({ $id: 'https://example.org/planet', const: 'earth' }),
    'broken.json': '{',
    'notes.txt': 'not a schema',
  },
}

t.test('what a schema reaches in a directory is read, and nothing else', async (t) => {
  const directory = t.testdir(files)
  const { schema, references } = await readReferences({ properties: { home: { $ref: 'parts/address.json' } } }, directory)
  t.strictSame(Object.keys(references).sort(), [
    'https://example.org/planet',
    'json-schema:///parts/address.json',
    'json-schema:///parts/city.json',
  ])
  t.doesNotThrow(() => validate(schema, { references }))
  t.ok(explain(schema, { references }).every(({ how }) => how !== 'refused'))
})

t.test('references start from the file they stand in', async (t) => {
  const directory = t.testdir(files)
  const path = join(directory, 'parts/address.json')
  const { schema, references } = await readReferences({ properties: { city: { $ref: 'city.json#/$defs/name' } } }, directory, { path })
  t.match(schema, { $id: 'json-schema:///parts/address.json' })
  t.doesNotThrow(() => validate(schema, { references }))
})

t.test('a file: URL leads into the directory only', async (t) => {
  const directory = t.testdir({ inside: { 'a.json': '{"type":"integer"}' }, 'outside.json': '{"type":"integer"}' })
  symlinkSync(join(directory, 'outside.json'), join(directory, 'inside/link.json'))
  const to = (path: string) => ({ $ref: pathToFileURL(join(directory, path)).href })
  const inside = await readReferences({ properties: { a: to('inside/a.json') } }, join(directory, 'inside'))
  t.strictSame(Object.values(inside.references), [{ type: 'integer' }])
  for (const reference of [
    to('outside.json'),
    { $ref: '../outside.json' },
    { $ref: 'link.json' },
    { $ref: '..%2Foutside.json' },
    { $ref: 'file://elsewhere/a.json' },
  ]) {
    const { schema, references } = await readReferences({ properties: { a: reference } }, pathToFileURL(join(directory, 'inside')))
    t.strictSame(references, {}, JSON.stringify(reference))
    t.throws(() => validate(schema, { references }), { code: 'schema/invalid' })
  }
})

t.test('schemas that refer to each other end', async (t) => {
  const directory = t.testdir({ 'a.json': '{"properties":{"b":{"$ref":"b.json"}}}', 'b.json': '{"properties":{"a":{"$ref":"a.json"}}}' })
  const { schema, references } = await readReferences({ $ref: 'a.json' }, directory)
  t.strictSame(Object.keys(references).sort(), ['json-schema:///a.json', 'json-schema:///b.json'])
  t.doesNotThrow(() => validate(schema, { references }))
})

t.test('a file that is no schema, and no directory', async (t) => {
  const directory = t.testdir({ 'broken.json': '{', 'list.json': '[]' })
  await t.rejects(readReferences({ $ref: 'broken.json' }, directory), { code: 'schema/invalid', message: /broken\.json/ })
  await t.rejects(readReferences({ $ref: 'list.json' }, directory), { code: 'schema/invalid', message: /list\.json/ })
  await t.rejects(readReferences({ $ref: 'a.json' }, join(directory, 'none')), { code: 'schema/invalid', message: /none/ })
})

t.test('a number of a file keeps its digits or is refused, and no key is there twice', async (t) => {
  const directory = t.testdir({
    'large.json': '{\n  "minimum": 9007199254740993\n}',
    'twice.json': '{"minimum":1,"minimum":2}',
    'fine.json': '{"minimum":1.50e1}',
  })
  const large = /large\.json.*line 2, column 14.*9007199254740993/
  await t.rejects(readReferences({ $ref: 'large.json' }, directory), { code: 'schema/invalid', message: large })
  await t.rejects(readReferences({ $ref: 'twice.json' }, directory), { code: 'schema/invalid', message: /twice\.json.*"minimum"/ })
  t.match(await readReferences({ $ref: 'fine.json' }, directory), { references: { 'json-schema:///fine.json': { minimum: 15 } } })
})
