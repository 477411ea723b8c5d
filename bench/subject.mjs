import { fileURLToPath, pathToFileURL } from 'node:url'

/** The build that is measured: `SLUICE_DIST` names another than this checkout's, so that nobody's rebuild changes a long run. */
const dist = process.env.SLUICE_DIST ? pathToFileURL(`${process.env.SLUICE_DIST}/`) : new URL('../dist/', import.meta.url)

/** Where the filter begins. */
export const filterPath = fileURLToPath(new URL('filter/sluice.js', dist))

/** Sluice. @returns {Promise<typeof import('../dist/index.js')>} */
export const loadSluice = () => import(new URL('index.js', dist).href)
