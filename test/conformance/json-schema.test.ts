import t from 'tap'
import { groupsOf, isHere, parts, remotes, score, validBytes, validValues } from './json-schema-suite.js'

// A build machine does not let the suite be missing.
const skip = !isHere && process.env.CI !== 'true' && 'the suite is not here'
/** The cases that are missed, and why; the README says the same. */
const missedBytes: readonly string[] = []
const missedValues: readonly string[] = []

t.test('JSON-Schema-Test-Suite, through the public API', { skip }, async (t) => {
  const references = remotes()
  for (const [name, { formatAssertion, cases, ...part }] of Object.entries(parts)) {
    const groups = await groupsOf(part)
    // The suite has keywords that nobody knows, which are to be ignored there.
    const options = { formatAssertion, unknownKeywords: 'ignore', references } as const
    for (const [way, validOf, missed] of [
      ['NDJSON bytes', validBytes, missedBytes],
      ['Standard Schema', validValues, missedValues],
    ] as const) {
      const found = await score(groups, (group) => validOf(group, options))
      t.equal(found.cases, cases, `${name}: all cases of the suite`)
      t.strictSame(found.missed, name === 'optional' ? missed : [], `${name} by ${way}: ${found.passed} of ${cases}`)
    }
  }
})
