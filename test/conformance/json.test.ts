import fc from 'fast-check'
import t from 'tap'
import { runText } from '../transforms/run-validate.js'

/** Codes for what RFC 8259 leaves open, and Sluice refuses though JSON.parse takes it. */
const stricter = new Set(['json/duplicate-key', 'json/surrogate'])

async function codesOf(line: string): Promise<string[]> {
  try {
    const { violations, counts } = await runText(`${line}\n`, true, { format: 'ndjson' })
    return counts.read === 0 ? ['blank'] : violations.map(({ code }) => code)
  } catch (error) {
    // What has NUL for every other byte is taken for UTF-16 without a mark, and refused as a whole.
    if ((error as { code?: string }).code === 'input/encoding') return ['input/encoding']
    throw error
  }
}

function parses(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

async function agrees(line: string): Promise<void> {
  const codes = await codesOf(line)
  if (codes[0] === 'blank' ? line.trim() !== '' : !codes.some((code) => stricter.has(code)) && (codes.length === 0) !== parses(line)) {
    throw new Error(`${JSON.stringify(line)}: ${parses(line) ? 'is' : 'is no'} JSON, and Sluice says ${codes.join() || 'nothing'}`)
  }
}

const signs = fc.constantFrom(
  ...'{}[]:,"\\ \t0123456789-+.eEtruefalsn/bu',
  'null',
  'true',
  'false',
  '"a"',
  '\\u00e9',
  '\\ud834\\udd1e',
  'é',
  '𝄞',
  '\u0000',
  '\u007f',
  '\u2028',
)

t.test('a line is JSON exactly where JSON.parse says so', async (t) => {
  await fc.assert(fc.asyncProperty(fc.string({ unit: signs, minLength: 1, maxLength: 12 }), agrees), { numRuns: 2_000 })
  t.pass('for lines of any signs')
  const changed = fc.tuple(fc.json({ maxDepth: 3 }), fc.nat(), fc.nat({ max: 2 }), signs).map(([text, place, removed, sign]) => {
    const at = place % (text.length + 1)
    return text.slice(0, at) + sign + text.slice(at + removed)
  })
  await fc.assert(fc.asyncProperty(changed, agrees), { numRuns: 2_000 })
  t.pass('for lines with a slip of the pen')
  await fc.assert(
    fc.asyncProperty(fc.json(), async (text) => (await codesOf(text)).every((code) => stricter.has(code))),
    { numRuns: 500 },
  )
  t.pass('for lines without')
})
