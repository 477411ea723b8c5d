import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { nodeContender } from './contenders/peers.mjs'
import { bytesOf, corpusFile, schemaFile, schemaOf } from './corpora/corpora.mjs'
import { compare, speedTable } from './harness.mjs'
import { outputsOf } from './scratch.mjs'

/** The engine without Node, and how it is built. */
export const program =
  process.env.SLUICE_ENGINE_BENCH ?? fileURLToPath(new URL('../native/target/release/sluice-engine-bench', import.meta.url))
export const build = 'cargo build --release --manifest-path native/Cargo.toml -p sluice-bench --features peers'

/** What does Node cost over the same engine without it, and what do checks cost over splitting? @param {import('./harness.mjs').Settings} settings */
export async function ask(settings) {
  if (!existsSync(program)) {
    const table = { head: ['contender'], rows: [[`not built: ${build}`]] }
    return [{ title: 'Node against the engine without Node', table }]
  }
  return [
    await question('csv', availableParallelism(), [], settings),
    await question('csv', 1, ['simd-csv'], settings),
    await question('ndjson', 1, ['jsonschema'], settings),
  ]
}

/** @param {'csv' | 'ndjson'} format @param {number} threads @param {string[]} peers @param {import('./harness.mjs').Settings} settings */
async function question(format, threads, peers, settings) {
  const records = settings.records ?? 3_000_000
  const input = await corpusFile('transactions', format, { records })
  const course = { input, schema: schemaOf('transactions'), missing: true, sink: /** @type {const} */ ('findings'), records }
  const command = [program, input, '--schema', schemaFile('transactions'), '--format', format]
  const { violations } = outputsOf('engine')
  const contenders = [
    nodeContender('Sluice in Node', course, { contender: 'sluice', options: { threads } }),
    {
      name: 'the engine without Node',
      command: [...command, '--threads', String(threads), '--violations', violations],
      outputs: { violations },
    },
    ...peers.map((peer) => ({ name: `${peer}, one thread`, command: [...command, '--peer', peer], isOther: peer === 'simd-csv' })),
  ]
  const comparison = await compare(contenders, settings)
  const { head, rows } = speedTable(comparison, bytesOf(input))
  const table = { head: head.map((name) => (name === 'Sluice is' ? 'time against Sluice in Node' : name)), rows }
  const title = `Node against Rust alone: ${records} transactions, ${format} checked, violations to a file, threads: ${threads}`
  return { title, table, busiest: comparison.busiest }
}
