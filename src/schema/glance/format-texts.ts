/** Texts that are surely of a format: of ASCII, and up to so many characters. Of the others nothing is known. */
export interface FormatTexts {
  readonly pattern: RegExp
  readonly textMax: number
}

const date = String.raw`\d{4}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1\d|2[0-8])|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)`
const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)`
const octet = String.raw`(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)`
const domain = '[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*'
const uriLetters = String.raw`A-Za-z0-9._~!$&'()*+,;=:@/-`

// In each, what may follow a run of characters is not among them, so that no text is gone through twice.
const patterns: Readonly<Record<string, readonly [pattern: string, textMax: number]>> = {
  'date-time': [`${date}T${time}`, 40],
  date: [date, 10],
  time: [time, 30],
  // No part of so short an address is too long.
  email: [String.raw`[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@${domain}`, 64],
  hostname: [domain, 63],
  ipv4: [String.raw`${octet}(?:\.${octet}){3}`, 15],
  ipv6: ['(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}', 39],
  uuid: ['[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}', 36],
  uri: [String.raw`https?://${domain}(?::\d+)?(?:/[${uriLetters}]*)?(?:\?[${uriLetters}?]*)?(?:#[${uriLetters}?]*)?`, 512],
}

const texts = new Map(
  Object.entries(patterns).map(([name, [pattern, textMax]]) => [name, { pattern: new RegExp(`^${pattern}$`), textMax }]),
)

/** The texts that surely are of the format `name`; undefined where none are known. */
export function textsOfFormat(name: string): FormatTexts | undefined {
  return texts.get(name)
}
