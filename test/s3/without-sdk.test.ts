import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const run = promisify(execFile)
const root = fileURLToPath(new URL('../../../', import.meta.url))

t.test('without the SDK all but S3 works, and S3 says what to install', async (t) => {
  // Outside of the checkout, where no node_modules is above.
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bare-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  const isNeeded = (path: string) => !path.startsWith(join(root, 'native')) || /native$|index\.cjs$|\.node$/.test(path)
  for (const part of ['dist', 'native', 'package.json']) cpSync(join(root, part), join(folder, part), { recursive: true, filter: isNeeded })
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  mkdirSync(join(folder, 'node_modules'))
  for (const name of Object.keys(dependencies)) symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name))
  const program = `
    import { s3Source, s3Sink, listS3, fileSource } from './dist/index.js'
    const tell = (error) => console.log(error.code, error.message)
    await s3Source('s3://b/k').toArray().catch(tell)
    await new Promise((done) => s3Sink('s3://b/k').on('error', tell).on('close', done).end('x'))
    await listS3('s3://b/').next().catch(tell)
    console.log((await fileSource('package.json').toArray()).length)`
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { cwd: folder })
  const sentence = 'package/missing S3 needs the package @aws-sdk/client-s3; install it: npm install @aws-sdk/client-s3.'
  t.equal(stdout, `${sentence}\n${sentence}\n${sentence}\n1\n`)
})
