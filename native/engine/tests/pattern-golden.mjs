// Makes src/pattern/golden.tsv: patterns and texts with what this Node's RegExp with the u flag says of them.
//
//   node pattern-golden.mjs [count] [seed] > ../src/pattern/golden.tsv
//
// A line is a pattern, a tab, and either the word "invalid" or one field a text, which begins with + (match) or - (none).
// \\, \t and other control characters are escaped as \\ and \u{…}. The standard is ahead of Node 20 in inline
// modifiers and in group names shared by alternatives; such patterns are left out.

const count = Number(process.argv[2] ?? 800)
let state = Number(process.argv[3] ?? 1) >>> 0

const random = (below) => {
  state = (state + 0x6d2b79f5) >>> 0
  let mixed = Math.imul(state ^ (state >>> 15), state | 1)
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
  return ((mixed ^ (mixed >>> 14)) >>> 0) % below
}
const pick = (list) => list[random(list.length)]
const chance = (percent) => random(100) < percent

const CHARACTERS = ['a', 'b', 'c', 'A', 'Z', 'x', '0', '7', '_', '-', ' ', '.', ':', '@', '\n', '\r', '\t', '\u00a0', 'é', 'ß', 'Ж', 'π', '߀', '\u2028', '\ufeff', '中', '😀', '🐲', '\u{10ffff}', '\0', '/', 'k']
const LITERALS = ['a', 'b', 'c', 'a', 'b', 'A', 'x', '0', '7', '_', '-', ' ', ':', 'é', 'π', '中', '😀', '🐲']
const ESCAPED = [['\\.', '.'], ['\\/', '/'], ['\\*', '*'], ['\\n', '\n'], ['\\t', '\t'], ['\\x61', 'a'], ['\\u0062', 'b'], ['\\u{1F600}', '😀'], ['\\uD83D\\uDE00', '😀'], ['\\u{0000063}', 'c'], ['\\cJ', '\n'], ['\\cm', '\r'], ['\\0', '\0'], ['\\uD83D', ''], ['\\u{D83D}\\u{DE00}', ''], ['\\$', '$'], ['\\]', ']'], ['\\}', '}'], ['\\v', '\v'], ['\\f', '\f'], ['\\r', '\r']]
const SETS = ['\\d', '\\D', '\\w', '\\W', '\\s', '\\S', '\\p{L}', '\\P{L}', '\\p{Lu}', '\\p{Script=Greek}', '\\p{sc=Han}', '\\p{scx=Cyrl}', '\\p{Alphabetic}', '\\p{White_Space}', '\\p{ASCII}', '\\p{Any}', '\\P{Any}', '\\p{Assigned}', '\\p{Emoji}', '\\p{gc=Nd}', '\\p{General_Category=Lowercase_Letter}', '\\p{Cs}', '\\p{ID_Start}', '\\p{punct}', '\\p{Zl}', '\\P{ASCII}']

const matchingOf = (source) => {
  const one = new RegExp(`^${source}$`, 'u')
  const fitting = CHARACTERS.filter((character) => one.test(character))
  return fitting.length > 0 ? pick(fitting) : ''
}

const classAtom = () => {
  switch (random(7)) {
    case 0: return pick(SETS)
    case 1: return pick(['a-c', '0-9', 'A-Z', 'a-z', '\\x20-\\x7e', '\\u{1F600}-\\u{1F64F}', '😀-🙏', '\\uD83D\\uDE00-\\uDBFF\\uDFFF', '\\0-\\x1f', 'é-ÿ', '--/', '\\ud7ff-\\ue000', '+--'])
    case 2: return pick(['\\-', '\\b', '\\]', '\\\\', '\\^', '.', '*', '$', '(', '{', '|', '\\n', '\\cJ', '\\/', '\\uD83D', '^'])
    default: return pick(LITERALS.filter((literal) => literal !== '-'))
  }
}
const classSource = () => {
  const atoms = Array.from({ length: random(4) }, classAtom)
  return `[${chance(25) ? '^' : ''}${chance(10) ? '-' : ''}${atoms.join('')}${chance(10) ? '-' : ''}]`
}

// A generated node is its source and a text that is likely to match it.
const atom = (context, depth) => {
  const choice = random(depth > 0 ? 24 : 13)
  if (choice < 6) {
    const literal = pick(LITERALS)
    return [literal, literal]
  }
  if (choice < 7) return pick(ESCAPED)
  if (choice < 8) return ['.', pick(CHARACTERS)]
  if (choice < 10) {
    const set = pick(SETS)
    return [set, matchingOf(set)]
  }
  if (choice < 13) {
    const set = classSource()
    try {
      return [set, matchingOf(set)]
    } catch {
      return ['a', 'a']
    }
  }
  if (choice < 15) {
    const [source, text] = disjunction(context, depth - 1)
    return [`(?:${source})`, text]
  }
  if (choice < 18) {
    context.groups += 1
    const own = context.groups
    const [source, text] = disjunction(context, depth - 1)
    context.texts[own] = text
    return [`(${source})`, text]
  }
  if (choice < 19) {
    context.groups += 1
    const own = context.groups
    const name = pick(['n', 'year', '$', '_x', 'é', '\\u0061', 'π', '𝒜']) + own
    context.names.push([name, own])
    const [source, text] = disjunction(context, depth - 1)
    context.texts[own] = text
    return [`(?<${name}>${source})`, text]
  }
  if (choice < 21 && context.references) {
    if (context.names.length > 0 && chance(50)) {
      const [name, own] = pick(context.names)
      return [`\\k<${name}>`, context.texts[own] ?? '']
    }
    const own = 1 + random(context.groups + 1)
    context.highest = Math.max(context.highest, own)
    return [`(?:\\${own})`, context.texts[own] ?? '']
  }
  if (context.looks) {
    const [source, text] = disjunction(context, depth - 1)
    const kind = pick(['?=', '?!', '?<=', '?<!'])
    return [`(${kind}${source})`, kind === '?=' && chance(30) ? text : '', true]
  }
  return ['b', 'b']
}

const term = (context, depth) => {
  if (chance(9)) return [pick(['^', '$', '\\b', '\\B']), '']
  const [source, text, assertion] = atom(context, depth)
  if (assertion || chance(60)) return [source, text]
  const [quantifier, times] = pick([['*', [0, 1, 3]], ['+', [1, 2]], ['?', [0, 1]], ['{2}', [2]], ['{1,}', [1, 3]], ['{0,2}', [0, 2]], ['{0}', [0]], ['{2,3}', [2, 3]], ['{01,02}', [1, 2]]])
  return [source + quantifier + (chance(25) ? '?' : ''), text.repeat(pick(times))]
}

const alternative = (context, depth) => {
  const terms = Array.from({ length: chance(8) ? 0 : 1 + random(3) }, () => term(context, depth))
  return [terms.map((each) => each[0]).join(''), terms.map((each) => each[1]).join('')]
}

function disjunction(context, depth) {
  const alternatives = Array.from({ length: chance(25) ? 2 : 1 }, () => alternative(context, depth))
  return [alternatives.map((each) => each[0]).join('|'), pick(alternatives)[1]]
}

const generated = () => {
  const context = { groups: 0, texts: [], names: [], highest: 0, references: chance(40), looks: chance(40) }
  let [source, text] = disjunction(context, 3)
  if (chance(45)) source = `^(?:${source})$`
  while (context.groups < context.highest) {
    source += '(a)?'
    context.groups += 1
  }
  return [source, text]
}

// Breaks a pattern by one edit, or leaves it valid: Node decides.
const edited = (source) => {
  const characters = [...source]
  const at = random(characters.length + 1)
  const inserted = pick(['{', '}', '(', ')', '[', ']', '\\', '?', '*', '+', '|', '^', '$', '-', '{2', '{2,1}', '\\u', '\\x', '\\c', '\\1', '\\9', '\\k', '\\k<a>', '(?<a>', '(?<1>', '(?', '\\0', '\\00', '\\p', '\\p{', '\\P{L', '\\p{l}', '\\u{110000}', '\\u{}', '\\-', '\\_', '\\a', '??', ',', '<', '>', '=', ':', '!'])
  characters.splice(at, chance(40) ? 1 : 0, ...(chance(85) ? [inserted] : []))
  return characters.join('')
}

const textsFor = (text) => {
  const texts = new Set([text, ''])
  const characters = [...text].slice(0, 12)
  for (let edit = 0; edit < 4; edit += 1) {
    const changed = [...characters]
    changed.splice(random(changed.length + 1), chance(50) ? 1 : 0, ...Array.from({ length: random(3) }, () => pick(CHARACTERS)))
    texts.add(changed.join(''))
  }
  texts.add(Array.from({ length: random(6) }, () => pick(['a', 'b', 'c', 'é', '😀', '\n'])).join(''))
  return [...texts].filter((each) => each.isWellFormed() && [...each].length <= 24)
}

const isAheadOfNode = (source, message) => message.includes('Duplicate capture group name') || /\(\?[ims]*-?[ims]*:/.test(source.replaceAll('(?:', ''))

const escape = (text) => text.replace(/[\\\p{Cc}\u2028\u2029\ufeff]/gu, (found) => (found === '\\' ? '\\\\' : `\\u{${found.codePointAt(0).toString(16)}}`))

// ECMA-262 begins a match at whole characters only, but V8's search also tries the middle of a surrogate pair, where \B
// holds in "a😀b". So each place is tried by itself.
const isMatch = (regex, text) => {
  let at = 0
  for (const character of [...text, '']) {
    regex.lastIndex = at
    if (regex.test(text)) return true
    at += character.length
  }
  return false
}

const write = (source, texts) => {
  let regex
  try {
    regex = new RegExp(source, 'uy')
  } catch (error) {
    if (!isAheadOfNode(source, error.message)) console.log(`${escape(source)}\tinvalid`)
    return
  }
  console.log([escape(source), ...texts.map((text) => (isMatch(regex, text) ? '+' : '-') + escape(text))].join('\t'))
}

const BY_HAND = [
  ['^(?:[A-Z0-9]{2})$', 'AZ', 'A0', 'AZ0', 'a0', 'AZ\n'],
  ['^(?:\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}Z)$', '2024-02-30T23:59:59Z', '2024-02-30T23:59:59z', ' 2024-02-30T23:59:59Z', '٢٠٢٤-02-30T23:59:59Z'],
  ["^(?:[A-Z][A-Za-z .'-]*)$", "O'Neil Jr.-x", 'o', 'X', 'Xé', 'X\n'],
  ['@example\\.(com|org)$', 'a@example.com', '@example.org', 'a@example.com\n', '@exampleXcom', '@@example.com@example.org'],
  ['^\\p{L}+$', 'Жπé中', 'a1', '', '😀'],
  ['^abc$', 'abc', 'abc\n', '\nabc', 'abc\\n'],
  ['a$|^b', 'xa', 'bx', 'ax', 'xb', 'a\n'],
  ['^.$', '\n', '\r', '\u2028', '\u2029', '\u0085', '\v', '😀', 'é', 'éé'],
  ['^\\s$', '\u00a0', '\ufeff', '\u2028', '\u180e', '\u200b', '\u0085', '\u3000', '\v', '\u1680', '\u202f', '\u205f', '\u001c'],
  ['^\\S$', '\u00a0', '\ufeff', '\u180e', '\u0085', '😀'],
  ['\\bé', 'aé', 'é', ' é'],
  ['\\B', 'aéb', 'é', 'a', '', 'ab', '😀', 'a😀b', 'a b'],
  ['\\b', 'é', '', '_', '\u017f', '\u212a'],
  ['^\\w$', '\u017f', '\u212a', 'é', '_', 'K'],
  ['[]', '', 'a'], ['^[^]$', '\n', '😀', '', 'ab'], ['[^]', '', 'a'], ['^[^\\d\\D]?$', '', 'a'],
  ['^\\uD83D\\uDE00$', '😀', '😁'], ['^[\\uD83D\\uDE00]$', '😀'], ['\\uD83D', '😀', 'a'], ['[\\uD800-\\uDFFF]', '😀', 'a'], ['^[^\\uD83D]$', '😀'], ['\\u{D83D}\\u{DE00}', '😀'], ['\\u{D83D}\\uDE00', '😀'], ['\\uD83D\\u{DE00}', '😀'],
  ['^[\\u{D7FF}-\\u{E000}]$', '\ud7ff', '\ue000', '\ue001'], ['^\\P{Cs}$', 'a', '😀'], ['\\p{Cs}', 'a', '😀'],
  ['(?=.*\\d)(?=.*[a-z])^.{8,}$', 'abcdefg1', 'abcdefgh', '1234567', '12345678a'],
  ['^(?=.*\\d)(?=.*[a-z])(?=.*[A-Z])(?!.*\\s).{8,}$', 'abcdefG1', 'abcdefg1', 'abcd fG1', 'aB1', 'éàüABCa1'],
  ['^(?!foo|bar).*$', 'foo', 'fob', 'barx', ''], ['(?<!\\d)\\d{3}(?!\\d)', '123', '1234', 'a123b', '12 345 6'], ['(?<=\\$)\\d+', '$12', '12', '€12'],
  ['(?<=^|,)a(?=,|$)', 'a', 'b,a', 'ba', 'a,b', 'ab'], ['(?<=([ab]+)([bc]+))$', 'abc', 'c'], ['(?<=(\\d+)(\\d+))$', '1053', '1'], ['(?<=\\1(a))b', 'aab', 'ab'], ['(?<=(a)\\1)b', 'aab', 'ab', 'b'],
  ['^(a)\\1$', 'aa', 'a'], ['^\\1(a)$', 'a', 'aa'], ['^(a\\1)$', 'a', 'aa'], ['^(?:(a)|b)*\\1$', 'ab', 'aba', 'baa', 'ba'], ['(z)((a+)?(b+)?(c))*\\3?$', 'zaacbbbcac', 'zaacbbbcacaa'],
  ['^(?:(a)|(b)|\\1\\2)*c$', 'abc', 'aabbc', 'c'], ['(?=(a+))a*b\\1', 'baaabac', 'baaabab'], ['(?!(a))\\1b', 'b', 'ab'], ['^(?=(a+))\\1$', 'aaa', 'aab'], ['(.*?)a(?!(a+)b\\2c)\\2(.*)', 'baaabaac', 'aab'],
  ['^(?<year>\\d{4})-\\k<year>$', '2024-2024', '2024-2025'], ['^\\k<a>(?<a>x)$', 'x', 'xx'], ['(?<𝒜>.)\\k<𝒜>', '😀😀', '😀😁'], ['(?<\\u{1d49c}>.)\\k<𝒜>', 'aa'], ['(?<\\ud835\\udc9c>.)', 'a'],
  ['^(a*)*$', 'aaa', 'b'], ['^(a?)*?$', 'aaa', ''], ['^(?:a*?)*?$', 'aab', 'aa'], ['(?:){3}a', 'a'], ['^(?:a?){2,3}$', 'aaaa', 'aaa', ''], ['^(\\b|a)*$', 'aaa', 'a'], ['^(?:a|\\b)+?$', 'aa', '', 'é'], ['^(?:(?=(a))a?){2}\\1$', 'aa', 'aaa', 'a'], ['^(?:(a)?(?!\\1b))*$', 'aaa', 'ab'],
  ['^(?:(?:ab)+|a(?=b))*b?$', 'abab', 'aba', 'ababb'], ['^(a+)+$', 'aaaaaaaaaaaa', 'aaaaaaaaaab'], ['^((a)|(b))*?\\2\\3$', 'ab', 'aab', 'aabb'],
  ['x{0}', ''], ['^x{0,0}$', '', 'x'], ['x{2}{', 'xx'], ['^a{00002}$', 'aa'], ['a{99999999999999999999}', 'a'], ['a{0,99999999999999999999}', 'a'], ['a{2,1}', ''], ['a{99999999999999999998,99999999999999999999}', 'a'],
  ['[--a]', 'A', '-'], ['[a--]', ''], ['[a-b-c]', '-', 'c', 'd'], ['[\\d-]', '-'], ['[\\d-a]', ''], ['[a-\\d]', ''], ['[-a]', '-'], ['[a-]', '-'], ['[^-a]', '-', 'b'], ['[\\b]', '\b', 'b'], ['[\\B]', ''], ['[\\-]', '-'], ['[b-a]', ''], ['[\\u{1F600}-a]', ''], ['[a-\\u{1F600}]', 'é'], ['[[:alpha:]]', ''], ['[[a]', '[', 'a'], ['[a&&b]', '&'], ['[\\c]', ''], ['[\\c1]', ''], ['[\\cA]', '\u0001'], ['[\\1]', ''], ['[\\0]', '\0'], ['[\\00]', ''], ['[\\k]', ''], ['[a', ''], ['[', ''], ['[]]', ''], ['[^', ''], ['[\\', ''],
  ['{', ''], ['}', ''], [']', ''], ['a{', ''], ['a{1', ''], ['a{,5}', ''], ['{1}', ''], ['a{1}}', ''], ['a]', ''], ['(', ''], [')', ''], ['(?', ''], ['(?:', ''], ['(?a)', ''], ['(?<a', ''], ['(?<>a)', ''], ['(?<1a>a)', ''], ['(?<a-b>a)', ''], ['(?<a>a', ''], ['(?P<a>a)', ''], ['(?>a)', ''], ['(?#a)', ''], ['(?i)a', ''], ['*', ''], ['+a', ''], ['?', ''], ['a**', ''], ['a++', ''], ['a?+', ''], ['a???', ''], ['a*?', ''], ['a{1}?', 'a'], ['a{1}?+', ''], ['|*', ''], ['(*)', ''], ['^*', ''], ['$+', ''], ['\\b?', ''], ['(?=a)*', ''], ['(?!a){2}', ''], ['(?<=a)?', ''], ['(?<!a)+', ''], ['(?:^)*a', 'a'],
  ['\\', ''], ['\\a', ''], ['\\A', ''], ['\\z', ''], ['\\Z', ''], ['\\h', ''], ['\\e', ''], ['\\G', ''], ['\\Q', ''], ['\\R', ''], ['\\X', ''], ['\\-', ''], ['\\_', ''], ['\\ ', ''], ['\\é', ''], ['\\"', ''], ["\\'", ''], ['\\#', ''], ['\\,', ''], ['\\@', ''], ['\\:', ''], ['\\/', '/'], ['\\^\\$\\\\\\.\\*\\+\\?\\(\\)\\[\\]\\{\\}\\|', '^$\\.*+?()[]{}|'], ['\\c', ''], ['\\c1', ''], ['\\cé', ''], ['\\cZ', '\u001a'], ['\\0', '\0'], ['\\00', ''], ['\\01', ''], ['\\0a', '\0a'], ['\\08', ''], ['\\x', ''], ['\\x4', ''], ['\\x4g', ''], ['\\x41', 'A'], ['\\u', ''], ['\\u004', ''], ['\\u0041', 'A'], ['\\u{}', ''], ['\\u{41}', 'A'], ['\\u{41', ''], ['\\u{ 41}', ''], ['\\u{110000}', ''], ['\\u{10FFFF}', '\u{10ffff}'], ['\\u{000000000000000041}', 'A'], ['\\u{FFFFFFFFFFFFFFFFFFFF}', ''], ['\\1', ''], ['(a)\\2', ''], ['\\2(a)(b)', 'ab'], ['(?:a)\\1', ''], ['(a)\\10', ''], ['(a)\\99999999999999999999', ''], ['\\8', ''], ['\\k', ''], ['\\k<a>', ''], ['\\k<a', ''], ['(?<a>b)\\k<b>', ''], ['(?<a>b)\\k', ''], ['(?<a>b)(?<a>c)', ''],
  ['\\p', ''], ['\\p{}', ''], ['\\p{L', ''], ['\\pL', ''], ['\\p{l}', ''], ['\\p{ L}', ''], ['\\p{letter}', ''], ['\\p{Letter}', 'a'], ['\\p{Greek}', ''], ['\\p{greek}', ''], ['\\p{IsGreek}', ''], ['\\p{InGreek}', ''], ['\\p{^L}', ''], ['\\p{Script}', ''], ['\\p{Script=}', ''], ['\\p{Script=greek}', ''], ['\\p{Script=Grek}', 'π'], ['\\p{script=Greek}', ''], ['\\p{sc=L}', ''], ['\\p{gc=Greek}', ''], ['\\p{gc=L}', 'a'], ['\\p{gc}', ''], ['\\p{L=L}', ''], ['\\p{Alphabetic=Y}', ''], ['\\p{alpha}', ''], ['\\p{Alpha}', 'a'], ['\\p{Any=Y}', ''], ['\\p{any}', ''], ['\\p{Hyphen}', ''], ['\\p{Age=6.0}', ''], ['\\p{Block=Basic_Latin}', ''], ['\\p{Other_Math}', ''], ['\\p{space}', '\u0085', '\ufeff'], ['\\p{Lowercase Letter}', ''], ['\\p{LC}', 'a', 'ª'], ['\\p{digit}', '߀'], ['\\p{Script=Zzzz}', '\u{10fffd}', 'a'], ['\\p{RGI_Emoji}', ''], ['\\p{CWKCF}', 'A', 'a', '\u00ad'], ['[\\p{Lu}-z]', ''], ['\\P{Script_Extensions=Latin}', 'a', '中'],
  ['^🐲*$', '', '🐲', '🐲🐲', '🐉', 'D'], ['^(?:😀|🐲){2}$', '😀🐲', '😀'], ['^\\cC$', '\\cC', '\u0003'], ['^\\W$', 'é', 'a'], ['[a-z]cole', 'École', 'école', 'ecole'], ['^\\p{digit}+$', '42', '-%#', '߄߂'],
  ['^(?:|a)$', '', 'a'], ['a||b', ''], ['()', ''], ['(|a)b', 'b'], ['', '', 'a'], ['|', 'x'], ['$^', '', 'a'], ['a^', 'a', 'a\na'], ['$a', 'a'], ['(?:(?:(?:(?:a)))){2}', 'aa'],
  ['^(?:[a-z0-9!#$%&\'*+/=?^_`\\x7b-\\x7d~-]+(?:\\.[a-z0-9]+)*@(?:[a-z0-9-]+\\.)+[a-z]{2,})$', 'joe.bloggs@example.com', 'joe..bloggs@example.com', 'a@b'],
  ['^(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)){3}$', '127.0.0.1', '256.0.0.1', '1.2.3', '01.2.3.4'],
  ['^[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$', '123e4567-e89b-12d3-a456-426614174000', '123e4567-e89b-12d3-a456-42661417400'],
  ['^(?:(?:(?<d>0[1-9]|[12]\\d|3[01])[/.-](?<m>0[1-9]|1[0-2])[/.-]\\d{4}))$', '31.12.2024', '32.12.2024', '31-12/2024'],
  ['^(["\\u0027])(?:(?!\\1)[^\\\\]|\\\\.)*\\1$', '"a\\"b"', '"a\'', "'x'", '"a"b"'],
]

for (const [source, ...texts] of BY_HAND) write(source, texts)
for (let made = 0; made < count; made += 1) {
  const [source, text] = generated()
  write(source, textsFor(text))
  if (made % 2 === 0) write(edited(source), textsFor(text).slice(0, 2))
}
