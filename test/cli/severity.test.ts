import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { sluice } from './run-filter.js'

const schema = `type: object
properties:
  id: {type: integer, minimum: 1}
  name: {type: string, maxLength: 3, x-severity: warning}
  unit: {enum: [C, F], x-severity: {enum: abort}}
x-rules:
  - {id: small, cel: id < 100, severity: warning}
`
const text = 'id,name,unit\n1,Ada,C\n2,Grace,C\n100,Al,F\n'

t.test('warnings are told, and leave the exit code alone', async (t) => {
  const cwd = t.testdir({ 's.yaml': schema, 'in.csv': text })
  const words = ['validate', 'in.csv', '--schema', 's.yaml', '--violations', 'v.ndjson', '--report', 'r.json', '--valid', '-']
  t.strictSame(await sluice(words, { cwd }), { code: 0, stdout: text, stderr: '' })
  const read = (name: string) => readFileSync(join(cwd, name), 'utf8')
  t.equal(read('v.ndjson').match(/"severity":"warning"/g)?.length, 2)
  t.match(JSON.parse(read('r.json')), { complete: true, counts: { read: 3, valid: 3, invalid: 0, violations: 0, warnings: 2 } })
  const { stderr } = await sluice([...words, '--progress'], { cwd })
  t.match(stderr, /1 +name +maxLength \(warning\) +line 3\n/)
  t.match(stderr, /1 +small +rule \(warning\) +line 4\n/)
  t.match(stderr, /3 read, 3 valid, 0 invalid, 2 warnings, /)
})

t.test('abort: exit code 3, with violations and report, and no half of a file', async (t) => {
  const cwd = t.testdir({ 's.yaml': schema, 'in.csv': `${text}3,Bob,K\n4,Eve,C\n`, 'ok.csv': text })
  const words = ['--schema', 's.yaml', '--valid', 'out.csv', '--violations', 'v.ndjson', '--report', 'r.json']
  const { code, stdout, stderr } = await sluice(['validate', 'in.csv', ...words], { cwd })
  t.strictSame([code, stdout], [3, ''])
  t.match(
    stderr,
    /^sluice: Stopped at record 4 of in\.csv \(line 5, byte 40\), .* rule enum of "unit", whose severity is abort\. \[limit\/abort\]\n$/,
  )
  const read = (name: string) => readFileSync(join(cwd, name), 'utf8')
  t.throws(() => read('out.csv'), { code: 'ENOENT' })
  t.match(JSON.parse(read('v.ndjson').trimEnd().split('\n').at(-1) as string), { severity: 'abort', record: 4 })
  t.match(JSON.parse(read('r.json')), { complete: false, counts: { read: 4, invalid: 1 } })
  const several = await sluice(['validate', 'in.csv', 'ok.csv', '--schema', 's.yaml'], { cwd })
  t.match(several, { code: 3, stdout: text, stderr: /stopped: in\.csv: Stopped at record 4/ })
})

t.test('the warm-up of a share of errors', async (t) => {
  const cwd = t.testdir({ 's.yaml': schema })
  writeFileSync(join(cwd, 'in.csv'), `id,name,unit\n${'1,Al,C\n'.repeat(9)}0,Al,C\n${'1,Al,C\n'.repeat(90)}`)
  const words = ['validate', 'in.csv', '--schema', 's.yaml', '--max-errors', '5%', '--report', '-']
  t.match(await sluice(words, { cwd }), { code: 1 })
  const stopped = await sluice([...words, '--max-errors-warm-up', '10'], { cwd })
  t.match({ ...stopped, stdout: JSON.parse(stopped.stdout) }, { code: 3, stdout: { counts: { read: 10 } } })
  t.match(await sluice([...words, '--max-errors-warm-up', '0'], { cwd }), { code: 2, stderr: /--max-errors-warm-up/ })
})

t.test('explain shows severities', async (t) => {
  const cwd = t.testdir({ 's.yaml': schema, 'bad.yaml': 'anyOf: [{minimum: 1, x-severity: warning}]\n' })
  const { code, stdout } = await sluice(['explain', '--schema', 's.yaml'], { cwd })
  t.equal(code, 0)
  t.match(stdout, /^compiled +\/properties\/name\/maxLength  warning$/m)
  t.match(stdout, /^compiled +\/properties\/unit\/enum  abort$/m)
  t.match(stdout, /^compiled +\/properties\/id\/minimum$/m)
  t.match(stdout, /^compiled +\/x-rules  warning: small$/m)
  t.match(await sluice(['explain', '--schema', 'bad.yaml'], { cwd }), {
    code: 2,
    stdout: /^refused +\/anyOf\/0\/x-severity  .*no violation of its own/m,
  })
})
