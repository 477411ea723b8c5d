import { isScalar, LineCounter, parseDocument, visit } from 'yaml'
import { inexactNumber, isExact, TextFault } from '../schema/text-fault.js'

/**
 * Reads YAML 1.2 as JSON data. Refuses a key that a mapping has twice, a tag that is not known, keys that are no scalars, and numbers that
 * JSON or a double cannot hold. Throws TextFault, which knows the line and the column.
 */
export function parseYaml(text: string): unknown {
  const document = parsed(text)
  const [fault] = [...document.errors, ...document.warnings]
  if (fault) throw new TextFault(lowerFirst(fault.message), text, fault.pos[0])
  visit(document, {
    Pair(_key, { key }) {
      if (isScalar(key) && typeof key.value === 'string') return
      // As a number, 007 would become the name 7.
      throw new TextFault('a key is not a text; one that looks like something else stands in quotes', text, startOf(key))
    },
    Scalar(_key, scalar) {
      const { value, source = '' } = scalar
      if (typeof value !== 'number' || isSafe(source, value)) return
      throw new TextFault(inexactNumber(source, value), text, startOf(scalar))
    },
  })
  try {
    return document.toJS()
  } catch (error) {
    // Such as aliases that multiply beyond reason.
    throw new TextFault(lowerFirst((error as Error).message), text, 0)
  }
}

function parsed(text: string) {
  try {
    return parseDocument(text, { prettyErrors: false, uniqueKeys: true, lineCounter: new LineCounter() })
  } catch (error) {
    throw new TextFault(error instanceof RangeError ? 'values nest too deep' : lowerFirst((error as Error).message), text, 0)
  }
}

function startOf(node: unknown): number {
  return (node as { range?: readonly number[] } | null)?.range?.[0] ?? 0
}

function isSafe(source: string, value: number): boolean {
  if (/^0[xo]/.test(source)) return Number.isSafeInteger(value)
  return isExact(source, value)
}

function lowerFirst(message: string): string {
  return `${message.charAt(0).toLowerCase()}${message.slice(1)}`.replace(/\.$/, '')
}
