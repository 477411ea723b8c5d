/** Where a maker finds the values of a column: by record what its form says, and `values` by code. */
export interface Column {
  /** What it has: `i` integers and `d` doubles in `numbers`, `t` texts, `v` codes of `values`, `m` texts and such codes, `n` numbers and others. */
  readonly form: string
  readonly name: string
  readonly codes: Uint8Array
  readonly numbers: Float64Array | Int32Array
  readonly values: readonly unknown[]
}

/** The texts of a batch, which come in the order of records and of their keys. */
export interface Texts {
  /** The texts of the block that is being read, and where the next one begins in it. */
  block: string
  at: number
  /** Where each text ends in its block, and which of these the next one is. */
  readonly ends: Uint32Array
  next: number
  /** Those that are in no block, and which of these the next one is. */
  readonly long: readonly string[]
  nextLong: number
}

/** Makes the records `from` (included) to `to` of columns in the order of keys, all of which these records have. */
export type RecordMaker = (records: unknown[], from: number, to: number, texts: Texts, columns: readonly Column[]) => void

/** The codes that stand for no value of the column, as the addon gives them. */
const codes = { text: 255, number: 254, long: 253 } as const
const makersMax = 256
const makers = new Map<string, RecordMaker>()
/** Records from which on code is worth making for them. */
const worthwhile = 16
let isCodeAllowed = true

/** The maker of `count` records with these columns. */
export function makerOf(columns: readonly Column[], count: number): RecordMaker {
  const key = JSON.stringify(columns.map(({ name, form }) => [name, form]))
  const known = makers.get(key)
  if (known) return known
  const made = count >= worthwhile && isCodeAllowed ? compiledMaker(columns) : undefined
  if (!made) return plainMaker(columns)
  makers.set(key, made)
  if (makers.size > makersMax) makers.delete(makers.keys().next().value as string)
  return made
}

/**
 * One object literal with all keys, which V8 makes at once and gives one hidden class. Undefined where no code can be made of text
 * (`--disallow-code-generation-from-strings`).
 */
function compiledMaker(columns: readonly Column[]): RecordMaker | undefined {
  const variables = columns.map(
    (_, at) => `const c${at} = columns[${at}].codes, n${at} = columns[${at}].numbers, v${at} = columns[${at}].values`,
  )
  // In a literal, `__proto__: value` would be the prototype, and only a computed key is a key like any other.
  const keyOf = (name: string) => (name === '__proto__' ? '["__proto__"]' : JSON.stringify(name))
  const members = columns.map(({ name, form }, at) => `${keyOf(name)}: ${valueCode(form, at)}`)
  const body = `
    const { block, ends } = texts
    let { at, next } = texts
    let code = 0
    ${variables.join('\n')}
    for (let i = from; i < to; i++) records.push({ ${members.join(', ')} })
    texts.at = at
    texts.next = next`
  try {
    return new Function('records', 'from', 'to', 'texts', 'columns', body) as RecordMaker
  } catch (fault) {
    if (!(fault instanceof EvalError)) throw fault
    isCodeAllowed = false
    return undefined
  }
}

function valueCode(form: string, at: number): string {
  const text = 'block.substring(at, at = ends[next++])'
  const coded = `code === ${codes.text} ? ${text} : code === ${codes.long} ? texts.long[texts.nextLong++]`
  switch (form) {
    case 't':
      return text
    case 'v':
      return `v${at}[c${at}[i]]`
    case 'm':
      return `(code = c${at}[i], ${coded} : v${at}[code])`
    case 'n':
      return `(code = c${at}[i], ${coded} : code === ${codes.number} ? n${at}[i] : v${at}[code])`
    default:
      return `n${at}[i]`
  }
}

/** The same without code of its own. */
function plainMaker(columns: readonly Column[]): RecordMaker {
  // JSON.parse makes `__proto__` a key like any other, and what is a key already can be assigned to.
  const template = JSON.parse(`{${columns.map(({ name }) => `${JSON.stringify(name)}:null`).join(',')}}`) as Record<string, unknown>
  return (records, from, to, texts, columns) => {
    for (let record = from; record < to; record += 1) {
      const made = { ...template }
      for (const column of columns) made[column.name] = valueOf(column, record, texts)
      records.push(made)
    }
  }
}

function valueOf({ form, codes: own, numbers, values }: Column, record: number, texts: Texts): unknown {
  if (form === 'i' || form === 'd') return numbers[record]
  const code = form === 't' ? codes.text : (own[record] as number)
  if (code === codes.number) return numbers[record]
  if (code === codes.long) {
    texts.nextLong += 1
    return texts.long[texts.nextLong - 1]
  }
  if (code !== codes.text) return values[code]
  const begin = texts.at
  texts.at = texts.ends[texts.next] as number
  texts.next += 1
  return texts.block.substring(begin, texts.at)
}
