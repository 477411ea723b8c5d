import { SluiceError } from '../errors.js'
import { isS3Url, locationOf, urlOf } from '../s3/location.js'

/** What the names of outputs are made of: never of what is in a record. */
export interface LambdaObject {
  bucket: string
  key: string
  /** Byte of the object's first record that goes there: 0, or more where an earlier invocation did not come to the end. */
  start: number
}

/** Where the outputs of an object go, as `s3://bucket/key`. What is left out is dropped. */
export interface LambdaOutputs {
  valid?: string | undefined
  invalid?: string | undefined
  violations?: string | undefined
  report?: string | undefined
}

export type LambdaOutputsOption = LambdaOutputs | ((object: LambdaObject) => LambdaOutputs)

const parts = ['valid', 'invalid', 'violations', 'report'] as const
const records = ['valid', 'invalid', 'violations'] as const
// As many digits as the largest object has, so that the names of its parts sort as the parts do.
const startDigits = 14

/** The names of the outputs of objects. */
export class OutputNames {
  readonly #nameOf: (object: LambdaObject) => LambdaOutputs

  /** Throws option/invalid. */
  constructor(option: LambdaOutputsOption) {
    this.#nameOf = typeof option === 'function' ? option : templatesOf(option)
  }

  /** Throws `option/invalid` for what is no URL of S3, `sink/same-path` for two outputs in one place, or one in the object's. */
  of(object: LambdaObject): LambdaOutputs {
    const outputs = this.#nameOf(object)
    checkParts(outputs)
    const seen = new Map([[urlOf(object), 'the object itself']])
    for (const part of parts) {
      const url = outputs[part]
      if (url === undefined) continue
      locationOf(url)
      const other = seen.get(url)
      if (other) throw new SluiceError('sink/same-path', `${part} and ${other} have the same place, ${url}; give each its own.`)
      seen.set(url, part)
    }
    return outputs
  }

  /**
   * True where each output of records has another name when it begins at another byte, so that what there is of an unfinished object can stay
   * as a part of it. Throws option/invalid where some have and some have not: their parts would not be those of the same records.
   */
  haveParts(object: LambdaObject): boolean {
    const [one, other] = [this.of({ ...object, start: 0 }), this.of({ ...object, start: 1 })]
    const given = records.filter((part) => one[part] !== undefined)
    const named = given.filter((part) => one[part] !== other[part])
    if (named.length > 0 && named.length < given.length) {
      throw new SluiceError(
        'option/invalid',
        `Of the outputs ${given.join(', ')} only ${named.join(', ')} name {start}; let all do so, or none.`,
      )
    }
    return named.length > 0
  }
}

function templatesOf(templates: LambdaOutputs): (object: LambdaObject) => LambdaOutputs {
  checkParts(templates)
  // What cannot be filled in is told of when the function starts, not when the first object comes.
  const nameOf = (object: LambdaObject): LambdaOutputs =>
    Object.fromEntries(Object.entries(templates).map(([part, template]) => [part, template && filled(template, object)]))
  nameOf({ bucket: 'bucket', key: 'key', start: 0 })
  return nameOf
}

function filled(template: string, { bucket, key, start }: LambdaObject): string {
  const values: Record<string, string> = { bucket, key, start: String(start).padStart(startDigits, '0') }
  return template.replace(/\{([^{}]*)\}/g, (_, name: string) => {
    const value = values[name]
    if (value !== undefined) return value
    throw new SluiceError('option/invalid', `${template} has {${name}}; an output's name can have {bucket}, {key} and {start}.`)
  })
}

function checkParts(outputs: LambdaOutputs): void {
  if (typeof outputs !== 'object' || outputs === null) {
    throw new SluiceError('option/invalid', 'outputs is an object of URLs (s3://bucket/key), or a function that gives one.')
  }
  for (const [part, url] of Object.entries(outputs)) {
    if (!(parts as readonly string[]).includes(part)) {
      throw new SluiceError('option/invalid', `There is no output ${JSON.stringify(part)}; there are ${parts.join(', ')}.`)
    }
    if (url !== undefined && !(typeof url === 'string' && isS3Url(url))) {
      throw new SluiceError('option/invalid', `The output ${part} is ${JSON.stringify(url)}; it must be a URL of S3, s3://bucket/key.`)
    }
  }
}
