/**
 * @typedef {object} Section what a question answers with
 * @property {string} title
 * @property {{ head: readonly string[], rows: readonly (readonly string[])[] }} table
 * @property {string} [note]
 * @property {number} [busiest]
 */

/** @param {Section} section @param {boolean} markdown */
export function render({ title, table, note, busiest = 0 }, markdown) {
  const busy =
    busiest > 0.1
      ? `Measured with --force while others had up to ${Math.round(busiest * 100)}% of the machine: not to be quoted.`
      : undefined
  const remarks = [note, busy].filter((remark) => remark !== undefined)
  const body = markdown ? asMarkdown(table) : asPlain(table)
  return `${markdown ? `### ${title}` : title}\n\n${body}\n${remarks.map((remark) => `\n${remark}\n`).join('')}`
}

/** @param {Section['table']} table */
function asMarkdown({ head, rows }) {
  const line = (/** @type {readonly string[]} */ cells) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, at) => (at === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')
}

/** @param {Section['table']} table */
function asPlain({ head, rows }) {
  const widths = head.map((_, at) => Math.max(...[head, ...rows].map((row) => row[at]?.length ?? 0)))
  const line = (/** @type {readonly string[]} */ cells) =>
    `  ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ')}`.trimEnd()
  return [line(head), ...rows.map(line)].join('\n')
}
