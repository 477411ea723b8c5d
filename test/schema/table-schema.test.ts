import { fromTableSchema, type TableField } from 'sluice'
import t from 'tap'
import { runText } from '../transforms/run-validate.js'

/** The cells of a column `c` that a field refuses. */
async function refused(field: Omit<TableField, 'name'>, cells: string[], missingValues?: string[]): Promise<string[]> {
  const of = fromTableSchema({ fields: [{ name: 'c', ...field } as TableField], ...(missingValues && { missingValues }) })
  const { violations } = await runText(`c,d\n${cells.map((cell) => `${cell},x\n`).join('')}`, of)
  return violations.map(({ record }) => cells[record - 1] as string)
}

t.test('each type is asked of the text of a cell', async (t) => {
  const cases: [Omit<TableField, 'name'>, string[], string[]][] = [
    [{ type: 'string' }, ['a', '1', ''], []],
    [{ type: 'string', format: 'email' }, ['a@b.co'], ['x']],
    [{ type: 'string', format: 'uuid' }, ['0b1e3c52-7f5e-4c0b-9d3a-0f2f1f6c9a11'], ['x']],
    [{ type: 'integer' }, ['1', '-7', '007'], ['1.5', 'x', '1 ']],
    [{ type: 'number' }, ['1', '-7.5', '1e3'], ['NaN', 'INF', '1,5']],
    [{ type: 'boolean' }, ['true', 'TRUE', '1', 'False', '0'], ['yes', 'tRue']],
    [{ type: 'boolean', trueValues: ['yes'], falseValues: ['no'] }, ['yes', 'no'], ['true']],
    [{ type: 'date' }, ['2024-02-29'], ['2023-02-29', '2024-2-9']],
    [{ type: 'datetime' }, ['2024-02-29T10:00:00Z'], ['2024-02-29']],
    [{ type: 'time' }, ['23:59:59'], ['24:00:00', '1:00:00']],
    [{ type: 'year' }, ['2024'], ['24']],
    [{ type: 'yearmonth' }, ['2024-12'], ['2024-13']],
    [{ type: 'any' }, ['x', '1', ''], []],
    [{}, ['x'], []],
    [{ type: 'string', constraints: { required: true } }, ['a'], ['']],
    [{ type: 'string', constraints: { minLength: 2, maxLength: 3 } }, ['ab', '😀😀'], ['a', 'abcd']],
    [{ type: 'string', constraints: { pattern: '[a-z]+\\d' } }, ['ab1'], ['xAb1', 'ab1x']],
    [{ type: 'string', constraints: { pattern: '^a|b$' } }, ['a', 'b'], ['ax', 'xb']],
    [{ type: 'string', constraints: { enum: ['a', 'b'] } }, ['a'], ['c']],
    [{ type: 'integer', constraints: { enum: [1, 2], minimum: 2 } }, ['2'], ['1', '3']],
    [{ type: 'number', constraints: { minimum: 1, exclusiveMaximum: 2 } }, ['1', '1.9'], ['0', '2']],
    [{ type: 'string', categories: ['a', 'b'] }, ['a', 'b', ''], ['c']],
    [{ type: 'string', categories: [{ value: 'a', label: 'A' }, { value: 'b' }] }, ['a', 'b'], ['A', 'c']],
    [{ type: 'integer', categories: [{ value: 0, label: 'no' }, 1], categoriesOrdered: true }, ['0', '1', '01'], ['2', 'no']],
    [{ type: 'string', categories: ['a', 'b'], constraints: { enum: ['b', 'c'] } }, ['b'], ['a', 'c']],
    [{ type: 'string', constraints: { required: false, unique: false } }, ['a', ''], []],
  ]
  for (const [field, good, bad] of cases) {
    const found = await refused(field, [...good, ...bad])
    t.strictSame([...new Set(found)], bad, JSON.stringify(field))
  }
})

t.test('missing values', async (t) => {
  t.strictSame(await refused({ type: 'integer', constraints: { required: true } }, ['1', '-', ''], ['-']), ['-', ''])
  t.strictSame(await refused({ type: 'integer', missingValues: ['n/a'] }, ['1', 'n/a', '-'], ['-']), ['-'])
})

t.test('what is not enforced is refused by name', async (t) => {
  const lossy: [Record<string, unknown>, RegExp][] = [
    [{ type: 'datetime', constraints: { unique: true } }, /several ways/],
    [{ type: 'boolean', constraints: { unique: true } }, /several ways/],
    [{ type: 'geopoint' }, /geopoint/],
    [{ type: 'object' }, /object/],
    [{ type: 'date', format: '%d/%m/%Y' }, /%d\/%m\/%Y/],
    [{ type: 'date', constraints: { minimum: '2020-01-01' } }, /minimum.*date/],
    [{ type: 'number', decimalChar: ',' }, /decimalChar/],
    [{ type: 'integer', bareNumber: false }, /bareNumber/],
    [{ type: 'string', format: 'binary' }, /binary/],
    [{ type: 'any', constraints: { enum: ['a'] } }, /enum.*any/],
    [{ type: 'constructor' }, /constructor/],
    [{ type: 'string', categories: 'a' }, /categories/],
    [{ type: 'string', categories: [1] }, /categories.*string/],
    [{ type: 'string', categories: [{ label: 'a' }] }, /categories/],
    [{ type: 'integer', categories: ['1'] }, /categories.*integer/],
    [{ type: 'date', categories: ['2024-01-01'] }, /categories.*date/],
    ...['true', 1, 0, 'false', null, []].flatMap((value): [Record<string, unknown>, RegExp][] => [
      [{ type: 'string', constraints: { required: value } }, /required.*neither/],
      [{ type: 'string', constraints: { unique: value } }, /unique.*neither/],
    ]),
    ...['1', -1, 1.5, null, true].flatMap((value): [Record<string, unknown>, RegExp][] => [
      [{ type: 'string', constraints: { minLength: value } }, /minLength/],
      [{ type: 'string', constraints: { maxLength: value } }, /maxLength/],
    ]),
    [{ type: 'integer', constraints: { minimum: '1' } }, /minimum/],
    [{ type: 'string', constraints: { pattern: ['a'] } }, /pattern/],
    [{ type: 'string', constraints: { enum: 'a' } }, /enum/],
  ]
  for (const [field, message] of lossy)
    t.throws(() => fromTableSchema({ fields: [{ name: 'c', ...field }] }), { code: 'schema/lossy', message })
  t.throws(() => fromTableSchema({ fields: [], fieldsMatch: ['c'] }), { code: 'schema/lossy', message: /fieldsMatch/ })
  const fields = [{ name: 'c' }, { name: 'at', type: 'datetime' }]
  const reference = { resource: 'r', fields: 'd' }
  for (const [key, code, message] of [
    [{ fields: 'c', reference: { resource: '', fields: 'at' } }, 'schema/lossy', /the table itself/],
    [{ fields: 'c', reference: { fields: 'at' } }, 'schema/lossy', /the table itself/],
    [{ fields: 'at', reference }, 'schema/lossy', /several ways/],
    [{ fields: 'c', reference: { ...reference, package: 'other' } }, 'schema/lossy', /package/],
    [{ fields: 'c', reference, onDelete: 'x' }, 'schema/lossy', /onDelete/],
    [{ fields: 'e', reference }, 'schema/invalid', /foreignKeys/],
    ['c', 'schema/invalid', /foreign key/],
  ] as const)
    t.throws(() => fromTableSchema({ fields, foreignKeys: [key] }), { code, message })
  t.strictSame(
    fromTableSchema({ fields, foreignKeys: [{ fields: ['c'], reference: { resource: 'r', fields: ['d'] } }] }).toJSONSchema()[
      'x-foreignKeys'
    ],
    [{ fields: ['c'], reference: { resource: 'r', fields: ['d'] } }],
  )
  for (const pattern of ['\\i\\c*', '[a-z-[aeiou]]', 'a^b', '\\bx', '(?i)a'])
    t.throws(
      () => fromTableSchema({ fields: [{ name: 'c', type: 'string', constraints: { pattern } }] }),
      { code: 'schema/pattern' },
      pattern,
    )
  for (const wrong of [
    ...[{ type: ['date'] }, { type: null }, { format: ['default'] }, { constraints: true }, { constraints: [] }, { constraints: null }],
    ...[
      { type: 'boolean', trueValues: 'yes' },
      { type: 'boolean', falseValues: [0] },
      { type: 'boolean', trueValues: null },
    ],
  ])
    t.throws(() => fromTableSchema({ fields: [{ name: 'c', ...wrong } as never] }), { code: 'schema/invalid' }, JSON.stringify(wrong))
  t.throws(() => fromTableSchema({} as never), { code: 'schema/invalid' })
  t.throws(() => fromTableSchema({ fields: [{ name: 'a' }, { name: 'a' }] }), { code: 'schema/invalid' })
  for (const constraints of [null, 3, [], 'required'])
    t.throws(() => fromTableSchema({ fields: [{ name: 'a', constraints: constraints as never }] }), {
      code: 'schema/invalid',
      message: /"a".*constraints/,
    })
})

t.test('keys', async (t) => {
  const fields = [{ name: 'id', type: 'integer' }, { name: 'a', constraints: { unique: true } }, { name: 'b' }]
  const json = (more: object) => fromTableSchema({ fields, ...more }).toJSONSchema()
  t.match(json({ primaryKey: 'id' }), { required: ['id'], 'x-unique': ['a', 'id'] })
  t.match(json({ primaryKey: ['id', 'b'], uniqueKeys: [['b', 'id'], ['b']] }), {
    required: ['id', 'b'],
    'x-unique': ['a', ['id', 'b'], 'b'],
  })
  t.equal(json({}).required, undefined)
  for (const wrong of [{ primaryKey: 'none' }, { primaryKey: [] }, { uniqueKeys: ['a'] }, { uniqueKeys: [['a', 'a']] }])
    t.throws(() => json(wrong), { code: 'schema/invalid' }, JSON.stringify(wrong))
  const { violations } = await runText('id,a,b\n1,x,1\n1.0,y,2\n01,z,3\n2,,4\n3,,5\n', fromTableSchema({ fields, primaryKey: 'id' }))
  t.strictSame(
    violations.map(({ record, code }) => `${record} ${code}`),
    ['2 type', '3 unique/duplicate'],
    'an empty cell is missing, and no key',
  )
})
