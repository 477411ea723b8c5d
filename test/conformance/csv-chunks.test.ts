import t from 'tap'
import { badCsv, csvCases, hasTestData, rowsOf, sizes } from './text-suites.js'

// A build machine does not let a suite be missing.
const skip = !hasTestData && process.env.CI !== 'true' && 'the suite is not here'

t.test('sound files, in chunks of any size', async (t) => {
  const cases = csvCases()
  t.equal(cases.filter(({ suite }) => suite === 'csv-spectrum').length, 11)
  if (!skip) t.equal(cases.filter(({ suite }) => suite === 'csv-test-data').length, 18)
  for (const { suite, name, bytes, columns, hasHeader, expected } of cases) {
    for (const size of sizes) t.strictSame(await rowsOf(bytes, size, columns, hasHeader), expected, `${suite}: ${name} in ${size}`)
  }
})

t.test('what is bad in csv-test-data is named, in chunks of any size', { skip }, async (t) => {
  const codes = {
    'header-less-fields': 'fields/short',
    'header-more-fields': 'fields/long',
    'header-no-header': 'input/empty',
    'header-wrong-header': 'header/missing',
    'missing-quote': 'quote/unclosed',
    'quotes-with-unescaped-quote': 'quote/stray',
    'unescaped-quote': 'quote/stray',
  }
  for (const [name, wanted] of Object.entries(codes)) {
    const bytes = badCsv(name)
    for (const size of sizes) {
      const rows = await rowsOf(bytes, size, ['foo', 'bar', 'baz'], true).catch(({ code }: { code: string }) => [{ [code]: '' }])
      t.strictSame(Object.keys(rows[0] ?? {}), [wanted], `${name} in ${size}`)
    }
  }
})
