import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { filterModule, people, shell, sluice } from './run-filter.js'

type Terminal = {
  printable(text: string): string
  wantsColour(stream: { isTTY: boolean }, environment: Record<string, string>): boolean
  painter(coloured: boolean): (style: string, text: string) => string
}
type Progress = { progressLine(now: { read: number; bytes: number; bytesTotal: number | undefined; seconds: number }): string }
type Summary = { tableOf(report: object, paint: (style: string, text: string) => string, columns: number | undefined): string }

const { printable, wantsColour, painter } = await filterModule<Terminal>('terminal.js')
const { progressLine } = await filterModule<Progress>('progress.js')
const { tableOf } = await filterModule<Summary>('summary.js')
const { duration } = await filterModule<{ duration(seconds: number): string }>('quantities.js')

const sequence = '\u001b'
const plain = painter(false)

function hasScript(): boolean {
  try {
    execFileSync('script', ['-qec', 'true', '/dev/null'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

t.test('text for a terminal', (t) => {
  t.equal(printable(`a${sequence}[2Jb\r\n\tc\u009b\u202ed\u200e`), 'a\\u001b[2Jb\\r\\n\\tc\\u009b\\u202ed\\u200e')
  t.equal(printable('naïve 名前 😀'), 'naïve 名前 😀')
  t.equal(printable('\ud83d'), '\\ud83d')
  t.end()
})

t.test('colours', (t) => {
  const terminal = { isTTY: true }
  const pipe = { isTTY: false }
  t.ok(wantsColour(terminal, {}))
  t.notOk(wantsColour(pipe, {}))
  t.notOk(wantsColour(terminal, { NO_COLOR: '1' }))
  t.ok(wantsColour(terminal, { NO_COLOR: '' }))
  t.ok(wantsColour(pipe, { FORCE_COLOR: '1' }))
  t.ok(wantsColour(pipe, { FORCE_COLOR: '', NO_COLOR: '1' }))
  t.notOk(wantsColour(terminal, { FORCE_COLOR: '0' }))
  t.notOk(wantsColour(terminal, { TERM: 'dumb' }))
  t.end()
})

t.test('a line of progress', (t) => {
  t.equal(progressLine({ read: 1000, bytes: 25e6, bytesTotal: 100e6, seconds: 2 }), ' 25%  25.0 MB of 100.0 MB  500 records/s  6 s left')
  t.equal(progressLine({ read: 0, bytes: 0, bytesTotal: 100e6, seconds: 0 }), '  0%  0.0 MB of 100.0 MB  0 records/s')
  t.equal(progressLine({ read: 9, bytes: 200, bytesTotal: 100, seconds: 1 }), '100%  0.0 MB of 0.0 MB  9 records/s  0 s left')
  t.equal(
    progressLine({ read: 2_000_000, bytes: 5e9, bytesTotal: undefined, seconds: 4 }),
    '5,000.0 MB  2,000,000 records  500,000 records/s',
  )
  t.equal(duration(59.2), '1 min 0 s')
  t.equal(duration(7260), '2 h 1 min')
  t.end()
})

t.test('the table of rules', (t) => {
  const rule = (field: string | null, code: string, count: number, first: object) => ({
    field,
    keyword: code,
    code,
    count,
    samples: [first],
  })
  const rules = [
    rule('latitude', 'minimum', 12051, { record: 4, line: 1234 }),
    rule(`x${sequence}[31m`, 'type', 7, { record: 9, line: null }),
    rule(null, 'fields/short', 1, { record: 3, line: 4 }),
  ]
  t.equal(
    tableOf({ rules }, plain, undefined),
    [
      ' count  field       rule          first',
      '12,051  latitude    minimum       line 1,234',
      '     7  x\\u001b[31m  type          record 9',
      '     1  (record)    fields/short  line 4',
      '',
    ]
      .join('\n')
      .replaceAll(/(field|latitude|\(record\)) {3}/g, '$1    '),
  )
  t.equal(tableOf({ rules: [] }, plain, 80), '')
  const many = tableOf(
    { rules: Array.from({ length: 25 }, (_, n) => rule('f'.repeat(500), `c${n}`, 1, { record: 1, line: 2 })) },
    plain,
    60,
  )
  t.equal(many.trimEnd().split('\n').length, 22)
  t.match(many, /and 5 more rules/)
  t.ok(many.split('\n').every((line) => line.length <= 60))
  t.end()
})

t.test('--progress without a terminal', async (t) => {
  const cwd = t.testdir(people)
  const words = ['validate', 'people.csv', '--schema', 'people.schema.json', '--progress']
  const { stderr } = await sluice(words, { cwd })
  t.match(stderr, /^count {2}field {2}rule {5}first\n {4}2 {2}age {4}minimum {2}line 3\n {4}1 {2}id {5}type {5}line 3\n/)
  t.match(stderr, /\n5 read, 3 valid, 2 invalid, [\d.,]+ MB\/s, [\d.]+ s\n$/)
  t.notOk(stderr.includes(sequence))
  t.notOk(stderr.includes('\r'))
  t.ok((await sluice(words, { cwd, environment: { FORCE_COLOR: '1' } })).stderr.includes(`${sequence}[31m2 invalid`))
  const both = await sluice([...words, '--json'], { cwd })
  t.equal(JSON.parse(both.stderr).counts.read, 5, 'the JSON stands alone where it goes')
})

t.test('on a terminal', { skip: !hasScript() && 'needs script' }, async (t) => {
  const cwd = t.testdir(people)
  const onTerminal = async (line: string, environment = {}) =>
    (await shell(`script -qec '${line.replaceAll('sluice', '"$NODE" "$FILTER"')}' /dev/null`, { cwd, environment })).stdout
  const filter = 'sluice validate people.csv --schema people.schema.json --valid ok.csv'
  const coloured = await onTerminal(filter)
  t.ok(coloured.includes(`${sequence}[31m    2${sequence}[0m  ${sequence}[1mage`), coloured)
  t.match(coloured, /5 read/)
  t.notOk((await onTerminal(filter, { NO_COLOR: '1' })).includes(`${sequence}[3`))
  t.equal(await onTerminal(`${filter} --no-progress`), '')
  t.equal(await onTerminal(`${filter} 2>/dev/null`), '')
  const slow = await onTerminal('(cat people.csv; sleep 2) | sluice validate --schema people.schema.json --valid ok.csv')
  const updates = slow.split('\r').filter((part) => part.includes('records/s'))
  t.ok(updates.length >= 2 && updates.length <= 25, `${updates.length} updates`)
  t.ok(slow.includes(`\r${sequence}[K${sequence}[2mcount`), 'the line is gone at the end')
  t.equal(fs.readFileSync(join(cwd, 'ok.csv'), 'utf8'), people['valid.csv'])
})
