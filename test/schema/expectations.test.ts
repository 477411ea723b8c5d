import { checkRecord, type Expectation, type ExpectationSuite, fromExpectations } from 'sluice'
import t from 'tap'
import { runText } from '../transforms/run-validate.js'

const suiteOf = (...expectations: [type: string, kwargs: Record<string, unknown>][]): ExpectationSuite => ({
  name: 'orders',
  expectations: expectations.map(([type, kwargs]) => ({ type: `expect_column_${type}`, kwargs })),
})

/** The values of the column `c` that a suite refuses. */
function refused(values: unknown[], ...expectations: [string, Record<string, unknown>][]): unknown[] {
  const of = fromExpectations(
    suiteOf(...expectations.map(([type, kwargs]): [string, Record<string, unknown>] => [type, { column: 'c', ...kwargs }])),
  )
  return values.filter((value) => checkRecord(of.toJSONSchema(), value === undefined ? {} : { c: value }).length > 0)
}

t.test('each expectation asks what it says, and nulls nothing', async (t) => {
  t.strictSame(refused(['', 1, null, undefined], ['values_to_not_be_null', {}]), [null, undefined])
  t.strictSame(refused(['', null, undefined], ['to_exist', {}]), [undefined])
  t.strictSame(refused(['a', 'c', 1, null], ['values_to_be_in_set', { value_set: ['a', 1] }]), ['c'])
  t.strictSame(refused(['a', 'c', null], ['values_to_not_be_in_set', { value_set: ['a', 'b'] }]), ['a'])
  t.strictSame(refused(['xay', 'b', null, 1], ['values_to_match_regex', { regex: 'a' }]), ['b', 1], 'searched, not anchored')
  t.strictSame(refused(['xay', 'b', null], ['values_to_not_match_regex', { regex: 'a' }]), ['xay'])
  t.strictSame(refused([0, 1, 1.5, 2, null, '1'], ['values_to_be_between', { min_value: 1, max_value: 2, strict_max: true }]), [0, 2, '1'])
  t.strictSame(refused(['', 'ab', 'abc', '😀😀'], ['value_lengths_to_be_between', { min_value: 1, max_value: 3, strict_min: true }]), [''])
  t.strictSame(refused(['ab', 'abc', null], ['value_lengths_to_equal', { value: 2 }]), ['abc'])
  t.strictSame(refused([1, 1.5, 'a', true, null], ['values_to_be_of_type', { type_: 'int64' }]), [1.5, 'a', true])
  t.strictSame(refused([1, 1.5, 'a', true], ['values_to_be_in_type_list', { type_list: ['FLOAT', 'STRING'] }]), [true])
  t.strictSame(
    refused(
      [5, 50, null],
      ['values_to_be_between', { min_value: 1 }],
      ['values_to_be_between', { max_value: 9 }],
      ['values_to_not_be_null', {}],
    ),
    [50, null],
  )
})

t.test('on CSV, a missing cell is a null', async (t) => {
  const of = fromExpectations(
    suiteOf(
      ['values_to_be_between', { column: 'n', min_value: 1 }],
      ['values_to_not_be_null', { column: 's' }],
      ['to_exist', { column: 'e' }],
    ),
  )
  const { valid, violations } = await runText('n,s,e\n1,a,\n,a,1\n0,a,x\n1,,x\nx,a,x\n', of)
  t.equal(valid, 'n,s,e\n1,a,\n,a,1\n')
  t.strictSame(
    violations.map(({ keyword, field, record }) => [keyword, field, record]),
    [
      ['minimum', 'n', 3],
      ['required', 's', 4],
      ['type', 'n', 5],
    ],
  )
})

t.test('suites of before GX 1', async (t) => {
  const old = {
    expectation_suite_name: 'x',
    meta: {},
    expectations: [{ expectation_type: 'expect_column_values_to_not_be_null', kwargs: { column: 'a' }, meta: {} }],
  }
  t.strictSame(fromExpectations(old).toJSONSchema().required, ['a'])
})

t.test('what is not enforced is refused by name', async (t) => {
  const lossy: [string, Record<string, unknown>, RegExp][] = [
    ['values_to_be_increasing', { parse_strings_as_datetimes: true }, /parse_strings/],
    ['values_to_be_unique', { mostly: 0.9 }, /mostly 0\.9/],
    ['values_to_match_strftime_format', { strftime_format: '%Y-%m-%d' }, /strftime/],
    ['mean_to_be_between', { min_value: 1 }, /mean/],
    ['values_to_not_be_null', { mostly: '0.9' }, /mostly 0\.9/],
    ['values_to_not_be_null', { mostly: -1 }, /mostly -1/],
    ['values_to_not_be_null', { row_condition: 'a > 1' }, /row_condition/],
    ['values_to_be_between', { min_value: '2020-01-01' }, /2020-01-01/],
    ['values_to_be_of_type', { type_: 'datetime64' }, /datetime64/],
    ['values_to_be_in_set', { value_set: [] }, /value_set/],
    ['values_to_not_be_in_set', { value_set: ['a', 1] }, /several types/],
    ['to_exist', { column_index: 2 }, /column_index/],
  ]
  for (const [type, kwargs, message] of lossy)
    t.throws(() => fromExpectations(suiteOf([type, { column: 'c', ...kwargs }])), { code: 'schema/lossy', message }, type)
  const warned = { type: 'expect_column_to_exist', kwargs: { column: 'a' }, severity: 'warning' } as Expectation
  t.throws(() => fromExpectations({ expectations: [warned] }), { code: 'schema/lossy', message: /severity/ })
  const unknown = { type: 'expect_column_values_to_not_be_null', kwargs: { column: 'a' }, severity: 'fatal' } as Expectation
  t.throws(() => fromExpectations({ expectations: [unknown] }), { code: 'schema/lossy', message: /severity fatal/ })
  t.throws(() => refused([], ['values_to_be_of_type', { type_: 'str' }], ['values_to_be_between', { min_value: 1 }]), {
    code: 'schema/lossy',
  })
  t.throws(() => refused([], ['values_to_be_of_type', { type_: 'str' }], ['values_to_be_in_set', { value_set: [1] }]), {
    code: 'schema/lossy',
  })
  t.throws(() => fromExpectations([] as never), { code: 'schema/invalid' })
})

t.test('a severity below critical warns', async (t) => {
  const of = (column: string, type: string, severity: string | undefined, kwargs = {}) =>
    ({ type: `expect_column_values_to_${type}`, kwargs: { column, ...kwargs }, ...(severity && { severity }) }) as Expectation
  const suite = fromExpectations({
    expectations: [
      of('a', 'be_between', 'critical', { min_value: 0, max_value: 100 }),
      of('a', 'be_between', 'warning', { min_value: 10, max_value: 90 }),
      of('a', 'not_be_null', 'info'),
      of('b', 'not_be_null', 'warning'),
      of('b', 'match_regex', 'warning', { regex: '^x' }),
      of('c', 'be_between', 'warning', { min_value: 5 }),
    ],
  })
  const text = 'a,b,c\n50,x,7\n5,x,7\n101,x,7\n,x,7\n50,,7\n50,y,\n50,x,no\n50,x,1\n'
  const { valid, invalid, violations, counts } = await runText(text, suite)
  t.equal(invalid, 'a,b,c\n101,x,7\n')
  t.equal(valid, text.replace('101,x,7\n', ''))
  t.strictSame(
    violations.map(({ record, field, code, severity }) => [record, field, code, severity]),
    [
      [2, 'a', 'anyOf', 'warning'],
      [3, 'a', 'maximum', undefined],
      [3, 'a', 'anyOf', 'warning'],
      [4, 'a', 'anyOf', 'warning'],
      [5, 'b', 'anyOf', 'warning'],
      [6, 'b', 'anyOf', 'warning'],
      [7, 'c', 'anyOf', 'warning'],
      [8, 'c', 'anyOf', 'warning'],
    ],
  )
  t.strictSame(counts, { read: 8, valid: 7, invalid: 1, violations: 1, warnings: 7 })
  const absent = await runText('{"d":1}\n{"d":null}\n{}\n', fromExpectations({ expectations: [of('d', 'not_be_null', 'warning')] }), {
    format: 'ndjson',
  })
  t.strictSame(
    absent.violations.map(({ record, code, severity }) => [record, code, severity]),
    [
      [2, 'anyOf', 'warning'],
      [3, 'required', 'warning'],
    ],
  )
  const both = [of('a', 'be_between', undefined, { min_value: 1 }), of('a', 'match_regex', 'warning', { regex: 'x' })]
  t.throws(() => fromExpectations({ expectations: both }), { code: 'schema/lossy', message: /types that no value has/ })
})

t.test('regular expressions of Python mean what they mean there, or are refused', async (t) => {
  const search = (regex: string, text: string) => refused([text], ['values_to_match_regex', { regex }]).length === 0
  // Told by Python itself (3.11): re.search(regex, text) is not None.
  const cases: [string, string, boolean][] = [
    ['^\\d{3}$', '123\n', true],
    ['^\\d{3}$', '12a', false],
    ['\\d', '٣', true],
    ['^\\w+$', 'é_1', true],
    ['^[\\w-]+$', 'a-b', true],
    ['^[\\w-]+$', 'a.b', false],
    ['\\s', '\u001c', true],
    ['\\s', '\ufeff', false],
    ['^a.b$', 'a\rb', true],
    ['^a.b$', 'a\nb', false],
    ['\\Aab\\Z', 'ab\n', false],
    ['(?P<year>\\d{4})\\-', '2024-', true],
    ['a\\@b', 'a@b', true],
    ['colou?r|gr[ae]y', 'gray', true],
  ]
  for (const [regex, text, matches] of cases) t.equal(search(regex, text), matches, `${regex} ${JSON.stringify(text)}`)
  for (const regex of [
    '(?i)a',
    'a++',
    '(?>a)',
    'a$b',
    '\\bword\\b',
    '[[a]',
    '[]a]',
    'a{,3}',
    '(?P=x)',
    '[\\W]',
    '(a',
    '(?#x)',
    '\\1(a)x',
    '(?<=a)b\\b',
  ])
    t.throws(() => search(regex, ''), { code: 'schema/pattern', message: /Python/ }, regex)
})

t.test('expectations of a whole column or table are asked of the whole stream', async (t) => {
  const suite = (type: string, kwargs: Record<string, unknown>) => fromExpectations({ expectations: [{ type, kwargs }] }).toJSONSchema()
  t.match(suite('expect_column_values_to_be_unique', { column: 'a' }), { 'x-unique': ['a'], properties: { a: {} } })
  const compound = 'expect_compound_columns_to_be_unique'
  t.match(suite(compound, { column_list: ['a', 'b'], ignore_row_if: 'any_value_is_missing' }), { 'x-unique': [['a', 'b']] })
  t.throws(() => suite(compound, { column_list: ['a', 'b'] }), { code: 'schema/lossy', message: /any_value_is_missing/ })
  t.throws(() => suite(compound, { column_list: ['a', 'b'], ignore_row_if: 'never' }), { code: 'schema/lossy' })
  t.match(suite('expect_column_values_to_be_decreasing', { column: 'a', strictly: true }), {
    'x-order': [{ field: 'a', direction: 'descending', strict: true }],
    properties: { a: { type: ['number', 'null'] } },
  })
  const count = 'expect_table_row_count_to_be_between'
  t.match(suite(count, { min_value: 1, max_value: 9, strict_max: true }), { 'x-recordCount': { minimum: 1, maximum: 8 } })
  t.match(suite('expect_table_row_count_to_equal', { value: 3 }), { 'x-recordCount': { minimum: 3, maximum: 3 } })
  t.throws(() => suite(count, {}), { code: 'schema/lossy' })
  for (const [mostly, maximum] of [
    [0.9, 0.1],
    [0.95, 0.05],
    [0.7, 0.3],
    [0.333, 0.667],
    [0, 1],
  ])
    t.match(suite('expect_column_values_to_not_be_null', { column: 'a', mostly }), { 'x-missingRatio': { a: { maximum } } })
})

t.test('a flag that is neither true nor false is refused by name', (t) => {
  const suite = (type: string, kwargs: Record<string, unknown>) => fromExpectations({ expectations: [{ type, kwargs }] })
  for (const [type, kwargs] of [
    ['expect_column_values_to_be_decreasing', { column: 'a', strictly: 'yes' }],
    ['expect_column_values_to_be_between', { column: 'a', max_value: 9, strict_max: 'true' }],
    ['expect_column_value_lengths_to_be_between', { column: 'a', min_value: 1, strict_min: 1 }],
    ['expect_table_row_count_to_be_between', { max_value: 9, strict_max: 'false' }],
  ] as const) {
    t.throws(() => suite(type, kwargs), { code: 'schema/lossy', message: /strict\S+ "?\w+"?, which is neither true nor false/ }, type)
  }
  const asked = suite('expect_column_values_to_be_between', { column: 'a', max_value: 9, strict_max: null }).toJSONSchema()
  t.match(asked, { properties: { a: { maximum: 9 } } })
  t.end()
})
