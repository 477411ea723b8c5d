/**
 * The coercion law of Sluice for peers that know strings only: a cell becomes a number where its text is one by the law, an empty cell is
 * absent. Compiled to one object literal, which is the fastest form there is in JavaScript, so that the peers stand at their best.
 */

const integer = '/^-?[0-9]+$/'
const number = '/^-?[0-9]+(?:\\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/'

/**
 * @param {Record<string, any>} schema
 * @param {readonly string[]} names of the columns
 * @param {{ from: 'array' | 'object', missing: boolean }} form `missing`: an empty cell is absent
 * @returns {(row: any) => Record<string, unknown>}
 */
export function compileCoercion(schema, names, { from, missing }) {
  const fields = names.map((name, at) => {
    const cell = from === 'array' ? `row[${at}]` : `row[${JSON.stringify(name)}]`
    const type = schema.properties?.[name]?.type
    const grammar = type === 'integer' ? integer : type === 'number' ? number : undefined
    const value = grammar ? `${grammar}.test(${cell}) ? +${cell} : ${cell}` : cell
    return `${JSON.stringify(name)}: ${missing ? `${cell} === '' ? undefined : ${value}` : value}`
  })
  return /** @type {any} */ (new Function('row', `return { ${fields.join(', ')} }`))
}
