import { existsSync } from 'node:fs'
import { compare, speedTable } from './harness.mjs'
import { build, program } from './native.mjs'

/** What does it cost to keep keys within a budget of memory, against a set that keeps all? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  if (!existsSync(program)) {
    return [{ title: 'Keys within a budget of memory', table: { head: ['contender'], rows: [[`not built: ${build}`]] } }]
  }
  const sections = []
  for (const keys of settings.records ? [settings.records] : [1_000_000, 20_000_000]) {
    for (const repeated of [0, 20]) sections.push(await question(keys, repeated, settings))
  }
  return sections
}

/** @param {number} keys @param {number} repeated of a hundred @param {import('./harness.mjs').Settings} settings */
async function question(keys, repeated, settings) {
  const command = [program, 'keys', '--keys', String(keys), '--repeated', String(repeated)]
  const contenders = [
    { name: 'Sluice, 64 MiB', command },
    { name: 'FxHashMap', command: [...command, '--set', 'fx'] },
    { name: 'HashMap of std', command: [...command, '--set', 'std'] },
  ]
  const comparison = await compare(contenders, settings)
  // There are no bytes that these records come from, and no Node that is idle beside them.
  const { head, rows } = speedTable({ ...comparison, idleBytes: 0 }, 0)
  const without = (/** @type {string[]} */ row) => row.filter((_, at) => head[at] !== 'MB/s')
  const renamed = without(head).map((name) => ({ 'records/s': 'keys/s', 'peak RSS over idle': 'peak RSS' })[name] ?? name)
  const title = `Keys, each with the place of its first: ${keys}, of which ${repeated}% were there before`
  return { title, table: { head: renamed, rows: rows.map(without) }, busiest: comparison.busiest }
}
