import type { RecordColumns } from '../native.js'
import { type Column, makerOf, type RecordMaker, type Texts } from './record-makers.js'

/** What the addon tells of the columns of a batch. */
interface Head {
  readonly names: readonly string[]
  /** A letter for each column: see `Column`. */
  readonly forms: string
  readonly values: readonly (readonly unknown[])[]
  /** The columns of records, in the order of their keys. */
  readonly shapes: readonly (readonly number[])[]
  /** Of records that follow each other: past the last one, and their shape. */
  readonly runs: readonly number[]
  /** Of texts that are cut from one: past their last record, past their last byte, bytes of a letter. */
  readonly blocks: readonly number[]
  /** Of texts that are cut from none: past its last byte, bytes of a letter. */
  readonly long: readonly number[]
}

interface Shape {
  readonly columns: readonly Column[]
  readonly make: RecordMaker
}

/**
 * The records of a batch that came by columns: what JSON.parse would make of them, sooner.
 *
 * V8 does not copy a text of 13 letters or more that is cut from another, which then lives as long. So texts are cut from blocks of some KiB.
 */
export function recordsIn(given: RecordColumns): unknown[] {
  const head = JSON.parse(given.head) as Head
  const shapes = shapesOf(head, columnsOf(head, given))
  const texts: Texts = { block: '', at: 0, ends: given.ends, next: 0, long: longTexts(head, given.long), nextLong: 0 }
  const records: unknown[] = []
  let [run, byte, from] = [0, 0, 0]
  for (let block = 0; block < head.blocks.length; block += 3) {
    const [blockEnd = 0, byteEnd = 0, width = 1] = head.blocks.slice(block, block + 3)
    texts.block = textOf(given.text, width, byte, byteEnd)
    texts.at = 0
    byte = byteEnd
    while (from < blockEnd) {
      const [runEnd = 0, shape = 0] = [head.runs[run], head.runs[run + 1]]
      const to = Math.min(runEnd, blockEnd)
      const { make, columns } = shapes[shape] as Shape
      make(records, from, to, texts, columns)
      from = to
      if (to === runEnd) run += 2
    }
  }
  return records
}

function columnsOf({ names, forms, values, runs }: Head, { codes, doubles, integers }: RecordColumns): Column[] {
  const count = runs.at(-2) ?? 0
  let [codesAt, doublesAt, integersAt] = [0, 0, 0]
  return names.map((name, at) => {
    const form = forms[at] as string
    const column = {
      form,
      name,
      codes: 'vmn'.includes(form) ? codes.subarray(codesAt, (codesAt += count)) : codes,
      numbers:
        form === 'i'
          ? integers.subarray(integersAt, (integersAt += count))
          : 'dn'.includes(form)
            ? doubles.subarray(doublesAt, (doublesAt += count))
            : doubles,
      values: values[at] as readonly unknown[],
    }
    return column
  })
}

function shapesOf({ shapes, runs }: Head, columns: readonly Column[]): Shape[] {
  const counts = new Array<number>(shapes.length).fill(0)
  for (let run = 0; run < runs.length; run += 2) {
    const shape = runs[run + 1] as number
    counts[shape] = (counts[shape] as number) + (runs[run] as number) - (run > 0 ? (runs[run - 2] as number) : 0)
  }
  return shapes.map((shape, at) => {
    const own = shape.map((column) => columns[column] as Column)
    return { columns: own, make: makerOf(own, counts[at] as number) }
  })
}

function longTexts({ long: places }: Head, long: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < places.length; at += 2) {
    const [begin, end, width] = [places[at - 2] ?? 0, places[at] as number, places[at + 1] as number]
    texts.push(textOf(long, width, begin, end))
  }
  return texts
}

/** Texts come as V8 holds them: with one byte for a letter (Latin-1), or with two. */
function textOf(bytes: Buffer, width: number, begin: number, end: number): string {
  return bytes.toString(width === 1 ? 'latin1' : 'utf16le', begin, end)
}
