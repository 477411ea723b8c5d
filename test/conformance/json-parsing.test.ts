import t from 'tap'
import { hasJsonTexts, isJson, jsonCases, sizes } from './text-suites.js'

// A build machine does not let the suite be missing.
const skip = !hasJsonTexts && process.env.CI !== 'true' && 'the suite is not here'

t.test('JSONTestSuite, as one document, in chunks of any size', { skip }, async (t) => {
  const cases = jsonCases()
  t.equal(cases.length, 318)
  for (const { name, bytes } of cases) {
    // A byte at a time, 100 KB of brackets say nothing more than in pieces.
    for (const size of bytes.length > 10_000 ? sizes.filter((each) => each > 7) : sizes) {
      const is = await isJson(bytes, { recordPath: '$' }, size)
      if (!name.startsWith('i_')) t.equal(is, name.startsWith('y_'), `${name} in ${size}`)
    }
  }
})

t.test('JSONTestSuite, as one line', { skip }, async (t) => {
  for (const { name, bytes } of jsonCases()) {
    // A text of several lines is no line.
    if (bytes.subarray(0, -1).includes(10)) continue
    const is = await isJson(bytes, { format: 'ndjson' })
    if (!name.startsWith('i_')) t.equal(is, name.startsWith('y_'), name)
  }
})
