import { types } from 'node:util'
import { SluiceError } from '../errors.js'
import { isWellFormed } from './json-data.js'

/**
 * The text for the keyword `pattern` (Validation 6.3.3), which is read as ECMA-262 with the u flag and no other: a search, not a match of
 * the whole text. A RegExp that would mean something else when read so is refused, never changed.
 *
 * @throws SluiceError `option/invalid` for a flag that changes what matches, `schema/pattern` for a source that is invalid or means
 * something else.
 */
export function patternSource(pattern: RegExp | string): string {
  if (typeof pattern === 'string') return checkedSource(pattern)
  if (!types.isRegExp(pattern)) throw new SluiceError('option/invalid', 'pattern() takes a RegExp, or the source of one as text.')
  for (const flag of pattern.flags) {
    const reason = refusedFlags[flag]
    // `g` and `d` change what is reported of a match, not whether there is one.
    if (reason === undefined && !'dguv'.includes(flag)) throw flagRefusal(pattern, flag, 'is unknown')
    if (reason !== undefined) throw flagRefusal(pattern, flag, reason)
  }
  const source = checkedSource(pattern.source)
  if (pattern.unicode) return source
  const difference = pattern.flags.includes('v') ? differenceFromSets(source) : differenceFromUnits(source)
  if (difference === undefined) return source
  const remedy = `write /${source}/u if that is what you mean`
  throw new SluiceError(
    'schema/pattern',
    `The pattern ${pattern} reads otherwise under the u flag, which JSON Schema uses: ${difference}; ${remedy}.`,
  )
}

const refusedFlags: Readonly<Record<string, string>> = {
  i: 'ignores case; write both cases, as in [Aa]',
  m: 'lets ^ and $ match at line ends; write (?:^|\\n) and (?:$|\\n)',
  s: 'lets . match line ends; write [\\s\\S]',
  y: 'ties the match to one place; begin the pattern with ^',
}

function flagRefusal(pattern: RegExp, flag: string, reason: string): SluiceError {
  return new SluiceError('option/invalid', `The pattern ${pattern} has the flag ${flag}, which JSON Schema cannot express: it ${reason}.`)
}

function checkedSource(source: string): string {
  if (!isWellFormed(source)) throw new SluiceError('schema/pattern', 'The pattern has half of a surrogate pair.')
  try {
    new RegExp(source, 'u')
  } catch (cause) {
    throw new SluiceError('schema/pattern', `The pattern /${source}/ is not valid under the u flag, which JSON Schema uses.`, { cause })
  }
  return source
}

interface Token {
  readonly text: string
  /** Index of the token in the source. */
  readonly at: number
  readonly inClass: boolean
}

const tokenText = /\\(?:u\{[^}]*\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|c[a-zA-Z]|[\s\S])|[\s\S]/g

/**
 * The source cut into escapes and single code units, each with whether it stands in a character class. The source must be valid under u.
 */
function tokensOf(source: string): Token[] {
  const tokens: Token[] = []
  let inClass = false
  for (const { 0: text, index } of source.matchAll(tokenText)) {
    if (text === ']') inClass = false
    tokens.push({ text, at: index, inClass })
    if (text === '[') inClass = true
  }
  return tokens
}

/** Why a source written for the v flag means something else under u: only set notation in classes does, for there is no i flag. */
function differenceFromSets(source: string): string | undefined {
  const isNotation = ({ text, at, inClass }: Token) =>
    inClass && (text === '[' || source.startsWith('--', at) || source.startsWith('&&', at))
  return tokensOf(source).some(isNotation) ? 'it has set notation in a character class' : undefined
}

/**
 * Why a source written without u may mean something else under it, for text that UTF-8 can hold. Without u a character beyond U+FFFF is
 * two, so whatever can match half of one is refused. What is left matches no half, so its matches begin and end between whole characters,
 * save empty ones.
 */
function differenceFromUnits(source: string): string | undefined {
  const tokens = tokensOf(source)
  for (const [index, token] of tokens.entries()) {
    const difference = differenceOfToken(token, tokens[index - 1], source)
    if (difference !== undefined) return difference
  }
  return matchesInsideCharacter(source) ? 'it matches between the halves of a character beyond U+FFFF' : undefined
}

function differenceOfToken({ text, at, inClass }: Token, previous: Token | undefined, source: string): string | undefined {
  const halves = 'can match half of a character beyond U+FFFF'
  if (/^\\[pPu]/.test(text) && !/^\\u[0-9a-fA-F]{4}$/.test(text)) return `${text} is an escape only there`
  if (/^\\[DSW]$/.test(text) || (text === '.' && !inClass)) return `${text} ${halves}`
  if (!inClass && source.startsWith('[^', at)) return `[^ ${halves}`
  if (!inClass && /^\(\?[ims-]/.test(source.slice(at, at + 3))) return 'it changes flags inside'
  const code = codeOf(text)
  if (code >= 0xd800 && code <= 0xdfff) return 'it has a character beyond U+FFFF or half of one'
  if (inClass && code > 0xdfff && previous?.text === '-' && previous.inClass)
    return 'it has a range that holds halves of characters beyond U+FFFF'
  return undefined
}

function codeOf(text: string): number {
  return /^\\u[0-9a-fA-F]{4}$/.test(text) ? Number.parseInt(text.slice(2), 16) : text.length === 1 ? text.charCodeAt(0) : -1
}

/** True where an empty match between the halves of a character may be the only one: it asks something of its place, and is met there. */
function matchesInsideCharacter(source: string): boolean {
  if (!/[$^]|\\[bB]|\(\?<?[=!]/.test(source)) return false
  const inside = new RegExp(source, 'y')
  inside.lastIndex = 1
  return inside.test('\u{1F600}')
}
