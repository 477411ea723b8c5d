import { field, fromJSONSchema, schema } from 'sluice'
import t from 'tap'

const users = schema({
  name: field.string(),
  'a/b~c': field.integer().optional(),
  list: field.array(field.object({ 0: field.integer() })).optional(),
})

t.test('Standard Schema 1', async (t) => {
  const { version, vendor, validate } = users['~standard']
  t.strictSame([version, vendor], [1, 'sluice'])
  const record = { name: 'Ada' }
  const passed = validate(record)
  t.equal(passed.issues, undefined)
  t.equal('value' in passed && passed.value, record, 'the very record')
  const { issues = [] } = validate({ name: 5 })
  t.equal(issues.length, 1)
  t.strictSame(issues[0]?.path, ['name'])
  t.equal(typeof issues[0]?.message, 'string')
})

t.test('a path has numbers for the items of lists, and names for the rest', async (t) => {
  const pathsOf = (value: unknown) => users['~standard'].validate(value).issues?.map(({ path }) => path)
  t.strictSame(pathsOf({ name: 'x', 'a/b~c': 'x' }), [['a/b~c']])
  t.strictSame(pathsOf({ name: 'x', list: [{ 0: 1 }, { 0: 'x' }] }), [['list', 1, '0']])
  t.strictSame(pathsOf('text'), [[]])
})

t.test('Standard JSON Schema 1', async (t) => {
  const { jsonSchema } = users['~standard']
  t.strictSame(jsonSchema.input({ target: 'draft-2020-12' }), users.toJSONSchema())
  t.strictSame(jsonSchema.output({ target: 'draft-2020-12' }), users.toJSONSchema())
  t.throws(() => jsonSchema.input({ target: 'draft-07' }), { code: 'option/invalid', message: /draft-07/ })
  t.throws(() => jsonSchema.input(undefined as never), { code: 'option/invalid' })
  const older = fromJSONSchema({ $schema: 'http://json-schema.org/draft-07/schema#' })
  t.throws(() => older['~standard'].jsonSchema.input({ target: 'draft-2020-12' }), { code: 'schema/invalid' })
})
