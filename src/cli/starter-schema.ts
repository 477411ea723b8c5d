/** The schema that `sluice init` writes. It is sound as it stands, and its example passes. */
export const starterSchema = `# A schema for Sluice: JSON Schema (draft 2020-12), written as YAML so that it can have comments.
#
#   sluice validate people.csv --schema sluice.schema.yaml --valid ok.csv --invalid refused.csv
#
# This one fits a file such as:
#
#   user_id,email,age,balance
#   100001,ada@example.com,36,12.50
#   100002,grace@example.com,45,
#
# Change the fields below into your own. A keyword that is misspelt or not enforced is refused, so nothing goes unchecked.

$schema: https://json-schema.org/draft/2020-12/schema
title: Users
type: object

# A record without one of these is refused. In CSV, an empty cell is "no value" (see --missing), and so is a cell that is not there.
required: [user_id, email]

# false refuses fields that are not listed under "properties"; true, the default, lets them pass unchecked.
additionalProperties: false

properties:
  user_id:
    # CSV has only text; the type says how a cell is read. Types: string, integer, number, boolean.
    type: string
    # A pattern is found anywhere in the text, unless ^ and $ tie it to both ends. Single quotes keep backslashes as they are.
    pattern: '^\\d{6}$'

  email:
    type: string
    # Formats: date-time, date, time, duration, email, uuid, ipv4, ipv6, hostname, uri, regex.
    format: email
    maxLength: 254

  age:
    type: integer
    minimum: 18
    maximum: 120

  balance:
    # A list of types: an empty cell is null here, rather than absent.
    type: [number, 'null']
    # There are also exclusiveMinimum, exclusiveMaximum and multipleOf; for any type, enum: [a, b] and const: a.
    minimum: 0
`
