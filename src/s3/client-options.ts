/** An S3Client of `@aws-sdk/client-s3`; spelled out, so that these types do not need that package. */
export interface S3ClientLike {
  send(command: never, options: never): unknown
}

/** How S3 is reached. What is not given is found as the AWS SDK finds it: environment, profiles, roles of the machine. */
export interface S3ClientOptions {
  /** A client of your own, which is neither configured nor closed here. It retries by itself beside `attemptsMax`: give it `maxAttempts: 1`. */
  client?: S3ClientLike | undefined
  /** Default: AWS_REGION, or the profile's. */
  region?: string | undefined
  /** URL of an S3-compatible server. Default: AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, the profile's, or AWS itself. */
  endpoint?: string | undefined
  /** The bucket stands in the path, not in the host's name. Default: true for an endpoint (here or in the environment) that is not AWS. */
  forcePathStyle?: boolean | undefined
}
