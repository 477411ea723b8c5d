import t from 'tap'
import { cases, expected, run } from './cases.js'

for (const name of cases) {
  t.test(name, async (t) => {
    const wanted = expected(name)
    t.ok(wanted['report.json'] ?? wanted['error.json'], 'something is expected')
    t.strictSame(await run(name), wanted)
    t.strictSame(await run(name, { batchBytes: 16, threads: 4 }), wanted, 'in small batches too')
  })
}
