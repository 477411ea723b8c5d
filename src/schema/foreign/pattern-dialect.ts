import { SluiceError } from '../../errors.js'
import { patternSource } from '../pattern.js'

/** What a dialect of regular expressions means by its classes, as the inside of an ECMA-262 class (u flag). */
export interface PatternDialect {
  readonly name: string
  readonly digit: string
  readonly word: string
  readonly space: string
  /** What `.` does not match. */
  readonly lineEnds: string
  /** Anchors: with them `^`, a `$` at the end, `\A` and `\Z` mean places; without, the whole text is always matched. */
  readonly anchors: boolean
}

/** Python's `re` on `str`: classes are of Unicode, `.` matches all but a line feed, `$` also matches before a last line feed. */
export const python: PatternDialect = {
  name: 'Python',
  digit: '\\p{Nd}',
  word: '\\p{L}_\\p{N}',
  space: '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000',
  lineEnds: '\\n',
  anchors: true,
}

/** XML Schema, which Table Schema names: the whole text is matched. */
export const xmlSchema: PatternDialect = {
  name: 'XML Schema',
  digit: '\\p{Nd}',
  word: '\\p{L}\\p{M}\\p{S}\\p{N}',
  space: '\\t\\n\\r\\x20',
  lineEnds: '\\n\\r',
  anchors: false,
}

const tokens = /\\[\s\S]|\(\?P<|\[\^?\]?|[\s\S]/g
const punctuation = /^[!"#%&',:;<=>@_`~ -]$/

/**
 * A pattern of another dialect as one of ECMA-262 (u flag) that matches the same texts. Throws `schema/pattern`, with what cannot be said.
 */
export function patternOf(source: string, dialect: PatternDialect): string {
  const refuse = (what: string): never => {
    throw new SluiceError(
      'schema/pattern',
      `The pattern ${JSON.stringify(source)} of ${dialect.name} has ${what}, which does not mean the same in ECMA-262; write it another way.`,
    )
  }
  const body = dialect.anchors ? source : source.replace(/^\^/, '').replace(/(?<!\\)\$$/, '')
  let inClass = false
  let translated = ''
  let afterSet = false
  for (const { 0: token, index } of body.matchAll(tokens)) {
    const isLast = index + token.length === body.length
    if (inClass) {
      // After a set a hyphen begins no range.
      translated += afterSet && token === '-' ? '\\-' : withinClass(token, dialect, refuse)
      afterSet = /^\\[dwsD]$/.test(token)
      if (token === ']') inClass = false
    } else if (token.startsWith('[')) {
      if (token.endsWith(']')) refuse(`a class that begins with ]`)
      inClass = true
      translated += token
    } else translated += outsideClass(token, isLast, dialect, refuse)
  }
  const whole = dialect.anchors ? translated : `^(?:${translated})$`
  try {
    return patternSource(whole)
  } catch (cause) {
    throw new SluiceError(
      'schema/pattern',
      `The pattern ${JSON.stringify(source)} of ${dialect.name} cannot be written in ECMA-262; write it another way.`,
      { cause },
    )
  }
}

function withinClass(token: string, dialect: PatternDialect, refuse: (what: string) => never): string {
  const classes: Record<string, string> = { '\\d': dialect.digit, '\\w': dialect.word, '\\s': dialect.space, '\\D': '\\P{Nd}' }
  if (token in classes) return classes[token] as string
  if (['\\W', '\\S', '\\b', '\\B', '\\i', '\\I', '\\c', '\\C'].includes(token)) return refuse(`${token} in a class`)
  // In Python a class may hold one; ECMA-262 with other flags, and XML Schema, take it for the beginning of another.
  if (token.startsWith('[')) return refuse('[ in a class')
  return escapeOf(token, token === '\\-')
}

function outsideClass(token: string, isLast: boolean, dialect: PatternDialect, refuse: (what: string) => never): string {
  const classes: Record<string, string> = {
    '\\d': `[${dialect.digit}]`,
    '\\D': `[^${dialect.digit}]`,
    '\\w': `[${dialect.word}]`,
    '\\W': `[^${dialect.word}]`,
    '\\s': `[${dialect.space}]`,
    '\\S': `[^${dialect.space}]`,
    '.': `[^${dialect.lineEnds}]`,
  }
  if (token in classes) return classes[token] as string
  if (/^\\[bBiIcC0-9]$/.test(token)) return refuse(token)
  if (!dialect.anchors) return token === '^' || token === '$' || token === '(?P<' ? refuse(token) : escapeOf(token, false)
  if (token === '\\A') return '^'
  if (token === '\\Z') return '$'
  if (token === '$') return isLast ? '\\n?$' : refuse('$ before its end')
  return token === '(?P<' ? '(?<' : escapeOf(token, false)
}

/** Punctuation may be escaped there, and not under the u flag. */
function escapeOf(token: string, isKept: boolean): string {
  return !isKept && token.length === 2 && token.startsWith('\\') && punctuation.test(token.slice(1)) ? token.slice(1) : token
}
