import { createRequire } from 'node:module'

/** Version of Sluice: another one may read records in another way. */
export const version: string = createRequire(import.meta.url)('#package').version
