import { outputNames, uploadOf } from '../checkpoint/own-files.js'
import { connect, type S3Connection } from '../s3/client.js'
import { limitOf } from '../s3/limits.js'
import { urlOf } from '../s3/location.js'
import { warnOfUpload } from './s3-output-error.js'
import { S3Upload } from './s3-upload.js'
import { removeUploadFile, UploadFile, type UploadName } from './upload-file.js'

const attemptsMax = limitOf('attemptsMax', undefined)
const stallTimeoutMs = limitOf('stallTimeoutMs', undefined)

/** Aborts an upload that an earlier run has left. True where it is gone; otherwise a warning names it. */
export async function abortLeft({ id, location }: UploadName, connection: S3Connection, signal: AbortSignal): Promise<boolean> {
  return new S3Upload(id, connection, location, {}, { attemptsMax, signal }).abort().then(
    () => true,
    (cause) => {
      warnOfUpload(id, urlOf(location), cause)
      return false
    },
  )
}

/**
 * Takes back the uploads that an earlier run has left whose checkpoint, at `path`, was removed to begin anew; all but those of `uploading`,
 * which take back their own. Where one cannot be aborted, its file stays for a later run to do it.
 */
export async function takeBackUploads(path: string, uploading: readonly string[], signal: AbortSignal): Promise<void> {
  const others = outputNames.filter((name) => !uploading.includes(name)).map((name) => uploadOf(path, name))
  await Promise.all(others.map((file) => takeBack(file, signal)))
}

async function takeBack(file: string, signal: AbortSignal): Promise<void> {
  const left = await UploadFile.left(file)
  if (!left) return
  const connection = await connect({}, stallTimeoutMs).catch((cause) => void warnOfUpload(left.id, urlOf(left.location), cause))
  if (!connection) return
  try {
    if (await abortLeft(left, connection, signal)) await removeUploadFile(file)
  } finally {
    connection.release()
  }
}
