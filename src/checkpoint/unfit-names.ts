/** Names of what is compressed at rest. What a run with a checkpoint reads and writes has to be known to the byte, and so it is plain. */
export const compressedName = /\.(?:gz|gzip|bgz|bgzf|zst|zstd|br)$/i

/** Names of what is on no disk of this machine. */
export const remoteName = /^[a-z][a-z0-9+.-]+:\/\//i
