import { open, rm } from 'node:fs/promises'
import { extname } from 'node:path'
import { SluiceError } from '../errors.js'
import { exitCodes } from './exit-codes.js'
import type { InitSettings } from './settings.js'
import { writeStandardOutput } from './standard-streams.js'
import { starterSchema } from './starter-schema.js'

/** Runs `sluice init`. Gives the exit code; throws sink/unwritable, also for a file that exists. */
export async function runInit({ output, force }: InitSettings): Promise<number> {
  const text = extname(output).toLowerCase() === '.json' ? await asJson(starterSchema) : starterSchema
  if (output === '-') await writeStandardOutput(text)
  else {
    await writeNew(output, text, force)
    await writeStandardOutput(`Wrote ${output}; try: sluice validate INPUT --schema ${output}\n`)
  }
  return exitCodes.valid
}

async function asJson(yaml: string): Promise<string> {
  const { parseYaml } = await import('./yaml-text.js')
  return `${JSON.stringify(parseYaml(yaml), null, 2)}\n`
}

async function writeNew(path: string, text: string, force: boolean): Promise<void> {
  try {
    // wx asks and makes in one step, so that no file that comes in between is lost.
    const file = await open(path, force ? 'w' : 'wx')
    try {
      await file.writeFile(text)
      await file.close()
    } catch (error) {
      // Half a schema is a schema with half the rules.
      await rm(path, { force: true })
      throw error
    }
  } catch (cause) {
    throw new SluiceError('sink/unwritable', sentence(path, cause as NodeJS.ErrnoException), { cause })
  }
}

function sentence(path: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EEXIST') return `${path} exists already; give another --output, or --force to overwrite it.`
  if (code === 'ENOENT' || code === 'ENOTDIR') return `${path} cannot be written: its folder does not exist; make it first.`
  if (code === 'EISDIR') return `${path} is a directory; name a file in it.`
  if (code === 'EACCES' || code === 'EPERM') return `${path} may not be written by this user; check the permissions of its folder.`
  return `${path} cannot be written: ${message}.`
}
