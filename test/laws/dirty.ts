import fc from 'fast-check'
import type { SchemaInput, ValidateOptions } from 'sluice'

/** Texts as people's files have them, with what is wrong in them. */
const cell = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom('1', '42', '-7', '0', '7.5', '1e2', 'true', 'Ada', 'ab', '') },
  { weight: 2, arbitrary: fc.string({ unit: fc.constantFrom('a', 'é', '𝄞', ' ', '1', ';', "'"), maxLength: 5 }) },
  { weight: 2, arbitrary: fc.constantFrom('"a,b"', '"a\nb"', '"a\r\nb"', '"say ""hi"""', '""', '"', 'a"b', '"a"b', '"open', 'NA') },
)
const row = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(cell, cell, cell).map((cells) => cells.join(',')) },
  { weight: 2, arbitrary: fc.array(cell, { maxLength: 5 }).map((cells) => cells.join(',')) },
  { weight: 1, arbitrary: fc.constantFrom('', '#', '# a comment, with "', ' ') },
)
const lineEnd = fc.oneof({ weight: 6, arbitrary: fc.constant('\n') }, fc.constantFrom('\r\n', '\r'))
const bad = Buffer.from([0x31, 0x2c, 0xff, 0xfe, 0x2c, 0x31])

function joined(rows: [string | Buffer, string][], isEnded: boolean): Buffer {
  const parts = rows.flatMap(([text, end]) => [Buffer.from(text as string), Buffer.from(end)])
  return Buffer.concat(isEnded ? parts : parts.slice(0, -1))
}

const csvRules: SchemaInput = {
  type: 'object',
  properties: {
    a: { type: 'integer', minimum: 0, maximum: 42 },
    b: { type: 'string', minLength: 2, pattern: '^[a-zA-Z1]' },
    c: { type: ['number', 'null'], multipleOf: 0.5 },
  },
  required: ['a'],
}

/** Some CSV, with the options it is read by. */
export const dirtyCsv: fc.Arbitrary<Input> = fc
  .record({
    mark: fc.constantFrom('', '\ufeff'),
    headerEnd: lineEnd,
    rows: fc.array(fc.tuple(fc.oneof({ weight: 20, arbitrary: row }, fc.constant(bad)), lineEnd), { maxLength: 30 }),
    isEnded: fc.boolean(),
    options: fc.record(
      {
        comment: fc.constant('#'),
        blankLines: fc.constantFrom('skip', 'violation'),
        missing: fc.constantFrom([], ['NA'], ['', 'NA']),
        recordLinesMax: fc.constantFrom(1, 3),
        recordBytesMax: fc.constantFrom(12, 60),
        samplesPerRule: fc.constantFrom(0, 2),
        violationsPerRecordMax: fc.constantFrom(1, 2),
        mask: fc.constant(['b']),
        maxErrors: fc.constantFrom(1, 5, '30%' as const),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ mark, headerEnd, rows, isEnded, options }) => {
    const dropped = Buffer.from(mark)
    const body = joined(rows, isEnded)
    const header = Buffer.from(`a,b,c${headerEnd === '\r' && body[0] === 10 ? '\r\n' : headerEnd}`)
    return {
      bytes: Buffer.concat([dropped, header, header.at(-1) === 10 && headerEnd === '\r' ? body.subarray(1) : body]),
      dropped,
      header,
      rules: csvRules,
      options: { format: 'csv', ...apart(options) },
    }
  })

const value = fc.oneof(
  fc.constantFrom(
    '1',
    '42',
    '-7',
    '7.5',
    '1e2',
    '1.0',
    'null',
    'true',
    '""',
    '"ab"',
    '"\\u00e9"',
    '"\\ud834\\udd1e"',
    '[1]',
    '{}',
    '12345678901234567890',
  ),
  fc.constantFrom('"\\ud800"', '01', '1.', 'nul', '"a', '[1,]', "'a'", '', 'NaN'),
)
const name = fc.constantFrom('a', 'b', 'c', 'd', '\\u0061')
const ndjsonLine = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.array(fc.tuple(name, value), { maxLength: 4 }).map((all) => `{${all.map(([n, v]) => `"${n}":${v}`).join(',')}}`),
  },
  { weight: 1, arbitrary: fc.constantFrom('', '  ', '[]', '1', '{"a":1', '{"a":1}}', '{"a":1} {"a":1}', '{"a" : 1 }\t', '\ufeff{}') },
)

/** Some NDJSON. */
export const dirtyNdjson: fc.Arbitrary<Input> = fc
  .record({
    rows: fc.array(fc.tuple(fc.oneof({ weight: 20, arbitrary: ndjsonLine }, fc.constant(bad)), lineEnd), { minLength: 1, maxLength: 30 }),
    isEnded: fc.boolean(),
    options: fc.record(
      { recordBytesMax: fc.constantFrom(9, 30), depthMax: fc.constant(1), maxErrors: fc.constantFrom(0, 4) },
      { requiredKeys: [] },
    ),
  })
  .map(({ rows, isEnded, options }) => {
    const bytes = joined(rows, isEnded)
    const dropped = bytes.subarray(0, bytes.indexOf('\ufeff') === 0 ? 3 : 0)
    return {
      bytes,
      dropped,
      header: Buffer.alloc(0),
      rules: csvRules,
      options: { format: 'ndjson', allowEmpty: true, ...apart(options) },
    }
  })

/** Where a record that is too large is the one at which the stream stops, how much of it was read by then is left open. */
function apart({ maxErrors, ...options }: ValidateOptions): ValidateOptions {
  const isLimited = options.recordBytesMax !== undefined || options.recordLinesMax !== undefined
  return isLimited || maxErrors === undefined ? options : { ...options, maxErrors }
}

export interface Input {
  bytes: Buffer
  /** What is no part of the outputs: the byte order mark. */
  dropped: Buffer
  /** What begins both outputs. */
  header: Buffer
  rules: SchemaInput
  options: ValidateOptions
}
