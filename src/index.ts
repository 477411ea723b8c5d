export { type Checkpoint, checkpoint, type Progress } from './checkpoint/checkpoint.js'
export { type KafkaJSConsumer, type KafkaJSMessage, type KafkaJSProducer, kafkajsMessages, kafkajsSink } from './clients/kafkajs.js'
export type { MessageClient } from './clients/message-client.js'
export type { ProducerSinkOptions } from './clients/outgoing.js'
export {
  type PlatformaticConsumer,
  type PlatformaticMessage,
  type PlatformaticProducer,
  platformaticMessages,
  platformaticSink,
} from './clients/platformatic.js'
export type { DecompressionLimits } from './compression/limits.js'
export type { Compression } from './compression/names.js'
export { deadLetterHeaders, originalMessage } from './dead-letter.js'
export { messageLine } from './dead-letter-line.js'
export { encodeRecord } from './encode.js'
export { type ErrorCode, errorCodes, isSluiceError, SluiceError } from './errors.js'
export { type Enforcement, type ExplainedKeyword, explain } from './explain.js'
export { type Input, type ListInputsOptions, listInputs } from './files/list-inputs.js'
export { type FileOutcome, type ValidateFilesOptions, validateFiles } from './files/validate-files.js'
export type { LambdaCheckpoint, LambdaNextEvent } from './lambda/checkpoint.js'
export type { LambdaContext } from './lambda/context.js'
export type { LambdaMessage } from './lambda/event.js'
export { type LambdaHandler, type LambdaOptions, lambdaHandler } from './lambda/handler.js'
export { lambdaLimits } from './lambda/limits.js'
export type { LambdaBatchResponse, LambdaMessages, LambdaRefusal } from './lambda/messages.js'
export type { LambdaObjectOutcome } from './lambda/object-run.js'
export type { LambdaObjects, LambdaOutcome } from './lambda/objects.js'
export type { LambdaObject, LambdaOutputs, LambdaOutputsOption } from './lambda/outputs.js'
export { type LambdaResponseOptions, lambdaResponseHandler } from './lambda/response.js'
export { type Limit, type LimitName, limits, type MessageLimitName, messageLimits } from './limits.js'
export { mergeReports } from './merge-reports.js'
export {
  type Message,
  type MessageHeaders,
  type MessagePosition,
  type MessageSink,
  type MessageVerdict,
  positionsAfter,
} from './message.js'
export { checkRecord } from './record.js'
export type { Bound, Counts, Report, RuleCount, Sample, StreamRules } from './report.js'
export type { Resource, ResourceOptions, ResourceSource } from './resources/resource.js'
export { s3Limits } from './s3/limits.js'
export type { S3Location } from './s3/location.js'
export type { CheckFunction, CheckOptions } from './schema/checks.js'
export { field } from './schema/field.js'
export { type Expectation, type ExpectationSuite, fromExpectations } from './schema/foreign/expectations.js'
export { fromTableSchema, type TableField, type TableSchema } from './schema/foreign/table-schema.js'
export type { ForeignKey, JSONSchema, JSONSchemaObject, RecordRule, StreamOrder } from './schema/json-schema.js'
export type { Fields } from './schema/nested-fields.js'
export type { RuleOptions } from './schema/record-rule.js'
export { type ReferencesOptions, readReferences, type WithReferences } from './schema/references.js'
export type { AnySchema, RecordOf } from './schema/rules.js'
export { fromJSONSchema, type Infer, jsonSchemaOf, type Schema, type SchemaInput, schema } from './schema/schema.js'
export type { SchemaOptions } from './schema/schema-options.js'
export type { SeverityKeyword } from './schema/severity.js'
export type { StandardSchema } from './schema/standard.js'
export type { CastTo, HashOptions, MaskOptions, Transformed, TransformStep, TransformValue } from './schema/transform.js'
export { ValidationError, validated } from './schema/validated.js'
export { type DeadLetterOptions, deadLetters } from './sinks/dead-letters.js'
export { type FileSinkOptions, fileSink } from './sinks/file-sink.js'
export { reportSink } from './sinks/report-sink.js'
export type { S3ObjectOptions } from './sinks/s3-object-options.js'
export { type S3SinkOptions, s3Sink } from './sinks/s3-sink.js'
export { type Split, type SplitTarget, type SplitTargets, split } from './sinks/split.js'
export { type StdoutSinkOptions, stdoutSink } from './sinks/stdout-sink.js'
export { deadLetterSource } from './sources/dead-letter-source.js'
export { type FileSourceOptions, fileSource } from './sources/file-source.js'
export { listS3, type S3Entry, type S3ListOptions } from './sources/s3-list.js'
export type { S3Object } from './sources/s3-object.js'
export { type S3Source, type S3SourceOptions, s3Source } from './sources/s3-source.js'
export { stdinSource } from './sources/stdin-source.js'
export { LimitError } from './transforms/limit-error.js'
export type { MessageOptions } from './transforms/message-options.js'
export type { Encoding, ValidateOptions } from './transforms/options.js'
export { type Records, type RecordsOptions, recordBatches, records, type WithBigints } from './transforms/records.js'
export type { TableDialect } from './transforms/table-dialect.js'
export { type Validate, validate } from './transforms/validate.js'
export {
  type FollowOptions,
  type MessageCheck,
  type MessageSource,
  type MessageTargets,
  validateMessages,
} from './transforms/validate-messages.js'
export { type Judged, type Refusal, type RefusedSpan, type Verdict, verdictOf } from './verdict.js'
export { type Position, refuses, type Severity, type Violation, violationCodes } from './violation.js'
