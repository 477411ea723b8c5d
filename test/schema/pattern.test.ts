import fc from 'fast-check'
import { field } from 'sluice'
import t from 'tap'

const patternOf = (pattern: RegExp | string) => field.string().pattern(pattern).toJSONSchema().pattern

t.test('a RegExp is taken by its source where that means the same under u', async (t) => {
  for (const pattern of [
    /^\d{6}$/,
    /^[A-Z]{2}[0-9a-f-]*$/,
    /a|b/g,
    /^\/x\.y$/,
    /(?<year>\d{4})-\k<year>/,
    /^.+$/u,
    /\p{Lu}/u,
    /x/dg,
    /^$|^x*/,
    /x*/,
  ]) {
    t.equal(patternOf(pattern), pattern.source, String(pattern))
  }
  t.equal(patternOf('^\\p{L}+$'), '^\\p{L}+$')
  for (const source of ['[\\p{L}]', '^.$', '[^a]']) t.equal(patternOf(new RegExp(source, 'v')), source)
})

t.test('flags that JSON Schema lacks are refused', async (t) => {
  for (const pattern of [/a/i, /a/m, /a/s, /a/y, /a/iu]) t.throws(() => patternOf(pattern), { code: 'option/invalid', message: /flag/ })
  t.throws(() => patternOf(5 as never), { code: 'option/invalid' })
  t.throws(() => patternOf({ source: 'a', flags: '' } as never), { code: 'option/invalid' })
})

t.test('a source that is invalid or means something else under u is refused', async (t) => {
  const invalid = ['\\-', '{', '(?=a)*', '\\u{110000}', '[\\d-x]', '\\1(', '\ud800', '\\p{Nope}']
  for (const source of invalid) t.throws(() => patternOf(source), { code: 'schema/pattern' }, source)
  for (const pattern of [new RegExp('\\-'), new RegExp('a{'), new RegExp('\\_')])
    t.throws(() => patternOf(pattern), { code: 'schema/pattern' })
  const otherwise = [
    '.',
    '[^a]',
    '\\D',
    '[\\W]',
    '\\S',
    '\\u{61}',
    '\\p{L}',
    '\u{1F600}',
    '[\u{1F600}]',
    '\\ud83d',
    '[a-\\uffff]',
    '[a-\uffff]',
  ]
  for (const source of otherwise) t.throws(() => patternOf(new RegExp(source)), { code: 'schema/pattern', message: /u flag/ }, source)
  t.throws(() => patternOf(/(?!^)(?!$)/), { code: 'schema/pattern' })
  for (const source of ['[[a-z]&&[aeiou]]', '[[a]]', '[\\w--\\d]', '[\\q{abc}]']) {
    t.throws(() => patternOf(new RegExp(source, 'v')), { code: 'schema/pattern' }, source)
  }
})

t.test('law: a pattern that is accepted without u matches the same texts with it', async () => {
  const atom = fc.constantFrom(
    'a',
    'b',
    '.',
    '\\d',
    '\\D',
    '\\b',
    '\\B',
    '^',
    '$',
    '[ab]',
    '[^a]',
    '[a-\\uffff]',
    '\\u0061',
    '\\u{1}',
    '\\p{L}',
    '\u{1F600}',
  )
  const pattern = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4, depthSize: 'small' },
      atom,
      fc.tuple(tie('node'), fc.constantFrom('', '*', '+', '?', '{2}')).map(([node, times]) => `(?:${node})${times}`),
      fc.tuple(fc.constantFrom('(?=', '(?!', '(?<=', '(?<!', '('), tie('node')).map(([open, node]) => `${open}${node})`),
      fc.tuple(tie('node'), tie('node')).map(([one, two]) => `${one}${two}`),
      fc.tuple(tie('node'), tie('node')).map(([one, two]) => `${one}|${two}`),
    ),
  })).node as fc.Arbitrary<string>
  const text = fc
    .array(fc.constantFrom('a', 'b', '1', 'u', '\u{1F600}', '\u{1F601}', '\uffff', ' '), { maxLength: 5 })
    .map((parts) => parts.join(''))
  fc.assert(
    fc.property(pattern, fc.array(text, { minLength: 5, maxLength: 10 }), (source, texts) => {
      const legacy = new RegExp(source)
      let accepted: string | undefined
      try {
        accepted = patternOf(legacy)
      } catch {
        return
      }
      const unicode = new RegExp(accepted as string, 'u')
      for (const each of texts) {
        if (legacy.test(each) !== unicode.test(each)) throw new Error(`/${source}/ on ${JSON.stringify(each)}`)
      }
    }),
    { numRuns: 5000 },
  )
})
