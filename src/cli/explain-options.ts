import type { Argv, ParsedArguments } from 'yargs'
import { flag, isOn, one, outputs, path, records, referencesOption, schemaBytesOption, schemaOption, wholeOf } from './option-kinds.js'
import type { ExplainSettings } from './settings.js'

/** The options of `sluice explain`. */
export function defineExplain(yargs: Argv): Argv {
  return yargs
    .usage('$0 explain --schema FILE\n\nTell how each keyword of a schema is enforced.')
    .option('schema', schemaOption)
    .option('references', referencesOption)
    .option('schema-bytes-max', schemaBytesOption)
    .option('no-format-assertion', flag(records, 'Take "format" as a note, not as a rule'))
    .option('ignore-unknown-keywords', flag(records, 'Take schema keywords that are not known as notes'))
    .option('json', flag(outputs, 'Print JSON: { pointer, keyword, how, note } for each keyword'))
    .example([['$0 explain --schema people.schema.json', '']])
    .epilogue(
      'compiled: by the plan, fast. full-engine: by the full engine, slower. annotation: asks nothing of a record. refused: cannot be enforced, so ' +
        'that validate refuses the schema.\n\nExit codes: 0 the schema can be enforced, 2 it is refused.',
    )
}

/** The settings of `sluice explain`. Throws option/invalid. */
export function readExplain(parsed: ParsedArguments): ExplainSettings {
  return {
    schema: path(parsed, 'schema') ?? '',
    references: path(parsed, 'references'),
    json: isOn(parsed, 'json'),
    options: {
      formatAssertion: isOn(parsed, 'no-format-assertion') ? false : undefined,
      unknownKeywords: isOn(parsed, 'ignore-unknown-keywords') ? 'ignore' : undefined,
      schemaBytesMax: wholeOf('schema-bytes-max', one(parsed, 'schema-bytes-max')),
    },
  }
}
