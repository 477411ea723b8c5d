/** Names of what is compressed at rest. What a run with a checkpoint reads and writes has to be known to the byte, and so it is plain. */
export const compressedName = /\.(?:gz|gzip|bgz|bgzf|zst|zstd|br)$/i

/** The first bytes, in hexadecimal, of what is gzip or zstd. */
export const compressedFront = /^(?:1f8b08|28b52ffd|5.2a4d18)/

/** How many bytes `compressedFront` looks at. */
export const frontBytes = 4

/** Names of what is on no disk of this machine. */
export const remoteName = /^[a-z][a-z0-9+.-]+:\/\//i
