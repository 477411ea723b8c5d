import { inDraft202012, refuseLossyTypeBox } from './foreign/typebox.js'
import { frozenJson } from './json-data.js'
import type { JSONSchemaObject } from './json-schema.js'

/**
 * A deep, frozen copy of a JSON Schema, in draft 2020-12 where it is one of TypeBox.
 *
 * @throws SluiceError `schema/lossy` for one of TypeBox that means more than its JSON Schema says; `schema/invalid` for what is no JSON data;
 * `schema/too-large` for one nested more than 500 deep.
 */
export function frozenSchema(schema: JSONSchemaObject): JSONSchemaObject {
  refuseLossyTypeBox(schema)
  return frozenJson(schema, 'schema/invalid', 'The schema', inDraft202012)
}
