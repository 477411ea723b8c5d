import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cases, folder, outputs, run } from './cases.js'

// Writes what the cases make as what they are expected to make. The difference is to be read before it is committed.
for (const name of cases) {
  const made = await run(name)
  for (const output of outputs) {
    const text = made[output]
    if (text === undefined) rmSync(join(folder, name, output), { force: true })
    else writeFileSync(join(folder, name, output), text, 'latin1')
  }
}
console.log(`${cases.length} cases were written to ${folder}; read what changed (git diff) before it is committed.`)
