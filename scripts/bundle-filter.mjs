// Makes dist/filter of dist/cli: a few files instead of some three hundred, which take longer to find and to open than the filter does to start.
import { chmodSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const out = fileURLToPath(new URL('../dist/filter', import.meta.url))
rmSync(out, { recursive: true, force: true })

// Peers are loaded from where they are installed, when they are asked for.
const peers = [/^@aws-sdk\//, /^@platformatic\//, 'kafkajs']

// The parser looks for translations beside its own files, which are not there any more; what it would find there is somebody else's.
const untranslated = {
  name: 'untranslated',
  transform: {
    filter: { id: /yargs[/\\]lib[/\\]platform-shims[/\\]esm\.mjs$/ },
    handler(/** @type {string} */ code) {
      const place = "resolve(__dirname, '../../../locales')"
      if (!code.includes(place)) throw new Error('yargs keeps its translations elsewhere now; see scripts/bundle-filter.mjs')
      return code.replace(place, "resolve(__dirname, '../translations')")
    },
  },
}

const bundle = await rolldown({
  input: fileURLToPath(new URL('../dist/cli/main.js', import.meta.url)),
  platform: 'node',
  external: peers,
  plugins: [untranslated],
})
await bundle.write({ dir: out, format: 'esm', entryFileNames: 'sluice.js', chunkFileNames: '[name]-[hash].js' })
if (process.platform !== 'win32') chmodSync(`${out}/sluice.js`, 0o755)
