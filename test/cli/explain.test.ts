import t from 'tap'
import { sluice } from './run-filter.js'

t.test('a schema that is enforced', async (t) => {
  const cwd = t.testdir({ 's.yaml': 'title: x\nproperties:\n  a: {type: integer}\n' })
  const { code, stdout, stderr } = await sluice(['explain', '--schema', 's.yaml'], { cwd })
  t.equal(code, 0)
  t.equal(stderr, '')
  t.equal(
    stdout,
    'annotation   /title\ncompiled     /properties\ncompiled     /properties/a/type\n2 compiled, 0 by the full engine, 1 annotations, 0 refused\n',
  )
})

t.test('one that is refused, as JSON', async (t) => {
  const cwd = t.testdir({ 's.json': '{"properties":{"a":{"patern":"x"}}}' })
  const { code, stdout } = await sluice(['explain', '--schema', 's.json', '--json'], { cwd })
  t.equal(code, 2)
  t.match(JSON.parse(stdout), [{ how: 'compiled' }, { pointer: '/properties/a/patern', keyword: 'patern', how: 'refused', note: /patern/ }])
})

t.test('rules over fields', async (t) => {
  const rules = (cel: string) =>
    JSON.stringify({ properties: { a: { type: 'integer' }, b: { type: 'integer' } }, 'x-rules': [{ id: 'order', cel }] })
  const cwd = t.testdir({ 's.json': rules('a <= b'), 'bad.json': rules('a <= c'), 'in.csv': 'a,b\n1,2\n2,1\n1,\n' })
  t.match(await sluice(['explain', '--schema', 's.json'], { cwd }), { code: 0, stdout: /^compiled +\/x-rules$/m })
  t.match(await sluice(['explain', '--schema', 'bad.json'], { cwd }), { code: 2, stdout: /^refused +\/x-rules .*no field "c"/m })
  const { code, stdout, stderr } = await sluice(['validate', 'in.csv', '--schema', 's.json', '--progress'], { cwd })
  t.match({ code, stdout }, { code: 1, stdout: 'a,b\n1,2\n' })
  t.match(stderr, /1 +order +rule +line 3\n/, 'the rule is named in the summary')
  t.match(stderr, /1 +order +rule\/error +line 4\n/)
  t.match(await sluice(['validate', 'in.csv', '--schema', 'bad.json'], { cwd }), { code: 2, stderr: /x-rules\/0\/cel/ })
})

t.test('references into a directory, for explain and validate', async (t) => {
  const cwd = t.testdir({
    s: { 'main.json': '{"properties":{"a":{"$ref":"deep/part.yaml"}}}', deep: { 'part.yaml': 'type: integer' } },
    'in.ndjson': '{"a":1}\n{"a":"x"}\n',
  })
  t.match(await sluice(['explain', '--schema', 's/main.json'], { cwd }), { code: 2, stdout: /part\.yaml/ })
  t.match(await sluice(['explain', '--schema', 's/main.json', '--references', 's'], { cwd }), { code: 0 })
  t.match(await sluice(['validate', 'in.ndjson', '--schema', 's/main.json', '--references', 's'], { cwd }), {
    code: 1,
    stdout: '{"a":1}\n',
  })
  t.match(await sluice(['validate', 'in.ndjson', '--schema', 's/main.json'], { cwd }), { code: 2, stderr: /--references/ })
})

t.test('a schema over its limit', async (t) => {
  const cwd = t.testdir({ 's.json': '{"enum":[1,2,3,4,5,6,7,8,9]}', 'in.ndjson': '1\n' })
  const words = ['validate', 'in.ndjson', '--schema', 's.json']
  t.match(await sluice([...words, '--schema-bytes-max', '10'], { cwd }), { code: 2, stderr: /schemaBytesMax/ })
  t.match(await sluice([...words, '--schema-bytes-max', '100'], { cwd }), { code: 0, stdout: '1\n' })
})

t.test('policies reach the engine', async (t) => {
  const cwd = t.testdir({ 's.json': '{"properties":{"a":{"pattern":"^(?=a)a"}}}', 'in.ndjson': '{"a":1,"a":"a"}\n' })
  const words = ['validate', 'in.ndjson', '--schema', 's.json']
  t.match(await sluice(words, { cwd }), { code: 1, stdout: '' })
  t.match(await sluice([...words, '--duplicate-keys', 'last'], { cwd }), { code: 0, stdout: '{"a":1,"a":"a"}\n' })
  t.match(await sluice([...words, '--on-undecided', 'maybe'], { cwd }), { code: 2, stderr: /--on-undecided is\s+"?maybe/ })
})
