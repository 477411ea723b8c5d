import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const built = (name: string) => fileURLToPath(new URL(`../../pipelines/${name}.js`, import.meta.url))

/** Runs a built pipeline; what it wrote, and its exit code. */
async function run(name: string, args: string[], input = ''): Promise<{ out: string; err: string; code: number }> {
  const child = spawn(process.execPath, [built(name), ...args])
  child.stdin.end(input)
  const closed = new Promise<number>((resolve) => child.once('close', resolve))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { out, err, code: await closed }
}

const codesOf = (violations: string) =>
  violations
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .map(({ code, rule, record }) => [code, rule, record])

t.test('objects are typed, and a rule in JavaScript holds across fields', async (t) => {
  const folder = t.testdir({
    'in.csv':
      'id,from,until,price,express\n1,2024-01-01,2024-01-02,2.50,true\n2,2024-01-02,2024-01-01,9,\n3,2024-01-01,2024-01-01,1,\nx,,,,\n',
  })
  const { out, err, code } = await run('objects', [join(folder, 'in.csv')])
  t.equal(out, '2 of 4 orders, 6 in all\n')
  t.strictSame(codesOf(err).slice(0, 2), [
    ['check/refused', 'ends after it starts', 2],
    ['type', undefined, 4],
  ])
  t.equal(code, 0)
})

t.test('a schema of zod with a refinement', async (t) => {
  const good = '{"name":"a","password":"12345678","again":"12345678"}\n'
  const { out, err } = await run(
    'zod-schema',
    [],
    `${good}{"name":"a","password":"12345678","again":"1"}\n{"name":"a","password":"1234","again":"1"}\n{"name":1}\n`,
  )
  t.equal(out, good)
  t.strictSame(
    codesOf(err)
      .map(([code, , record]) => [code, record])
      .slice(0, 2),
    [
      ['standard/issue', 2],
      ['standard/issue', 3],
    ],
  )
})

t.test('Table Schema and expectations', async (t) => {
  const folder = t.testdir({
    'in.csv': 'id,name\n1,ab\nx,ab\n3,\n',
    'table.json': JSON.stringify({
      fields: [
        { name: 'id', type: 'integer' },
        { name: 'name', type: 'string', constraints: { required: true } },
      ],
    }),
    'suite.json': JSON.stringify({
      expectations: [
        { type: 'expect_column_values_to_be_of_type', kwargs: { column: 'id', type_: 'int' } },
        { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'name' } },
      ],
    }),
  })
  for (const schema of ['table', 'suite']) {
    const { out } = await run('foreign-schemas', [join(folder, `${schema}.json`), join(folder, 'in.csv'), join(folder, schema)])
    t.equal(out, '1 of 3 records are valid\n')
    t.equal(await readFile(join(folder, schema, 'invalid.csv'), 'utf8'), 'id,name\nx,ab\n3,\n')
  }
})

t.test('every object with its verdict', async (t) => {
  const folder = t.testdir({ 'in.csv': 'id,age\n1,20\n2,7\n' })
  const { out } = await run('every-verdict', [join(folder, 'in.csv')])
  t.equal(out, '1 valid\n2 must be at least 18\n')
})
