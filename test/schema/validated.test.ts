import { field, isSluiceError, SluiceError, type StandardSchema, schema, ValidationError, validated } from 'sluice'
import t from 'tap'

const users = schema({ name: field.string(), age: field.integer().min(18) })
const ada = { name: 'Ada', age: 36 }
const bad = { name: 'secret-name', age: 'secret-age' } as never

function thrownBy(call: () => unknown): ValidationError {
  try {
    call()
  } catch (error) {
    if (error instanceof ValidationError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

t.test('a valid record reaches the function as it is, with this and the other arguments', async (t) => {
  const greeter = {
    greeting: 'Hello',
    greet: validated(users, function greet(this: { greeting: string }, user: typeof ada, mark: string, ...rest: number[]) {
      return [this.greeting, user, mark, ...rest]
    }),
  }
  const [greeting, user, ...rest] = greeter.greet(ada, '!', 1, 2)
  t.equal(user, ada)
  t.strictSame([greeting, ...rest], ['Hello', '!', 1, 2])
  t.equal(greeter.greet.name, 'greet')
  t.equal(greeter.greet.length, 2)
})

t.test('an invalid record throws, and the message holds no value', async (t) => {
  let calls = 0
  const error = thrownBy(() => validated(users, (_) => calls++)(bad))
  t.equal(calls, 0)
  t.ok(error instanceof SluiceError)
  t.ok(isSluiceError(error, 'record/invalid'))
  t.equal(error.code, 'record/invalid')
  t.equal(error.violations.length, 1)
  t.equal(error.violations[0]?.field, 'age')
  t.match(error.message, /^The record does not meet its schema: age: /)
  t.notMatch(error.message, /secret/)
})

t.test('a message names three violations and counts the rest', async (t) => {
  const five = schema(Object.fromEntries(['a', 'b', 'c', 'd', 'e\n'].map((name) => [name, field.integer()])))
  const error = thrownBy(() => validated(five, (_) => 1)({ a: '', b: '', c: '', d: '', 'e\n': '' } as never))
  t.equal(error.violations.length, 5)
  t.match(error.message, /and 2 more$/)
  const named = thrownBy(() => validated(five.pick('e\n'), (_) => 1)({ 'e\n': '' } as never))
  t.notMatch(named.message, /\n/)
})

t.test('async functions reject, generators pass through', async (t) => {
  const load = validated(users, async (user) => user.age)
  t.equal(await load(ada), 36)
  await t.rejects(load(bad), { code: 'record/invalid' })
  const each = validated(users, function* (user) {
    yield user.name
    yield user.age
  })
  t.strictSame([...each(ada)], ['Ada', 36])
  t.throws(() => each(bad), { code: 'record/invalid' })
  const later = validated(users, async function* (user) {
    yield user.name
  })
  for await (const name of later(ada)) t.equal(name, 'Ada')
  t.throws(() => later(bad), { code: 'record/invalid' })
})

t.test('a plain JSON Schema, and true and false', async (t) => {
  const age = validated({ type: 'object', required: ['age'] }, (user: { age: number }) => user.age)
  t.equal(age({ age: 3 }), 3)
  t.throws(() => age({} as never), { code: 'record/invalid' })
  t.equal(validated(true, () => 1)({}), 1)
  t.throws(() => validated(false, () => 1)({}), { code: 'record/invalid' })
  t.throws(() => validated(5 as never, () => 1), { code: 'schema/invalid' })
  t.throws(() => validated(users, 5 as never), { code: 'option/invalid' })
})

function foreign<T>(validate: StandardSchema<string, T>['~standard']['validate']): StandardSchema<string, T> {
  return { '~standard': { version: 1, vendor: 'other', validate } }
}

t.test('a schema of another library gives what it makes of the record', async (t) => {
  const toNumber = foreign<number>((value) => ({ value: Number(value) }))
  const half = validated(toNumber, (value) => value / 2)
  t.equal(half('8'), 4)
  const refusing = foreign<number>((value) => ({ issues: [{ message: `no ${value}`, path: ['a', { key: 0 }] }, { message: 'whole' }] }))
  const error = thrownBy(() => validated(refusing, () => 1)('secret'))
  t.equal(error.message, 'The record does not meet its schema: a/0: is refused by the schema of other; is refused by the schema of other')
  t.match(error.violations[0], { code: 'standard/issue', field: 'a/0', pointer: '/a/0', params: { vendor: 'other', message: 'no secret' } })
  t.match(error.violations[1], { field: null, pointer: '' })
})

t.test('a promise of another library is awaited for async functions, and refused for others', async (t) => {
  const slow = foreign<number>(async (value) => (value === '' ? { issues: [{ message: 'empty' }] } : { value: Number(value) }))
  const half = validated(slow, async (value) => value / 2)
  t.equal(await half('8'), 4)
  await t.rejects(half(''), { code: 'record/invalid' })
  t.throws(() => validated(slow, (value) => value)(''), { code: 'schema/invalid', message: /async/ })
})
