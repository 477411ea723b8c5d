/** What the files of `schema.json` are checked by. */
export const schemaOf = {
  type: 'object',
  properties: { id: { type: 'integer' }, age: { type: 'integer', minimum: 18 } },
  required: ['id', 'age'],
}
/** The option that names it. */
export const schema = ['--schema', 'schema.json']
/** A folder of inputs that differ in what a file may differ in. */
export const files = {
  'schema.json': JSON.stringify(schemaOf),
  in: {
    // Without a line end, so that the next one's records must not be glued to it.
    'a.csv': 'id,age\n1,20\nx,3',
    'b.csv': 'id,age\r\n3,40\r\n4,50',
    '.hidden.csv': 'no,records\n',
    sub: { 'c.csv': 'id,age\n5,60\n6,1\n' },
    'z.csv': 'id,age\n9,90\n',
  },
}
/** What is valid of the folder, joined; and what is not. */
export const valid = 'id,age\n1,20\n3,40\r\n4,50\n5,60\n9,90\n'
export const invalid = 'id,age\nx,3\n6,1\n'
