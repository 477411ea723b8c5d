// Makes `npx sluice` work in this checkout at once. Without the link, npx would install the checkout into its cache, and build it again.
import { mkdirSync, rmSync, symlinkSync } from 'node:fs'

if (process.platform !== 'win32') {
  const folder = new URL('../node_modules/.bin/', import.meta.url)
  mkdirSync(folder, { recursive: true })
  rmSync(new URL('sluice', folder), { force: true })
  symlinkSync('../../dist/filter/sluice.js', new URL('sluice', folder))
}
