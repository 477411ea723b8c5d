import { execFile } from 'node:child_process'
import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t from 'tap'

const child = fileURLToPath(new URL('./memory-child.js', import.meta.url))
const mebibyte = 2 ** 20

/** The most memory that a process has had which sent `file` through, or which does nothing. */
async function peak(file?: string, sink?: 'fast' | 'slow'): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [child, ...(file && sink ? [file, sink] : [])])
  return Number(stdout)
}

/** A mebibyte of CSV records, of which every thirtieth is invalid. */
function block(): string {
  let text = ''
  for (let id = 1; text.length < mebibyte; id++) {
    text += `${id},2024-02-29T10:11:12Z,${id % 30 === 0 ? 'much' : `${id % 90_000}.25`},AB-${1000 + (id % 9000)},some.body.${id}@example.org\n`
  }
  return text
}

const isLinux = process.platform === 'linux'
const isLong = process.env['SLUICE_LONG'] === '1'

t.test(
  'memory does not grow with the input, whatever the speed of the sink',
  { skip: !isLinux && 'peaks are read from /proc' },
  async (t) => {
    const idle = await peak()
    const directory = t.testdir({})
    const records = Buffer.from(block())
    // In a minute a slow sink, which takes a millisecond for a hundred records, gets no further than the smallest.
    for (const [sink, runs, sizes] of [
      ['fast', 3, isLong ? [64, 256, 1024] : [64, 256]],
      ['slow', 1, isLong ? [64, 256, 1024] : [64]],
    ] as const) {
      const highest: number[] = []
      // What others do on the machine only adds to a run, by up to half; what grows with the input grows in each.
      const peaks: number[] = []
      for (const size of sizes) {
        const file = join(directory, `${size}.csv`)
        const output = openSync(file, 'w')
        writeSync(output, 'id,at,amount,code,mail\n')
        for (let written = 0; written < size; written++) writeSync(output, records)
        closeSync(output)
        const found: number[] = []
        for (let run = 0; run < runs; run += 1) found.push(await peak(file, sink))
        highest.push(Math.max(...found))
        peaks.push(Math.min(...found))
        rmSync(file)
      }
      const overIdle = (all: number[]) => all.map((bytes) => `${((bytes - idle) / mebibyte).toFixed(1)} MiB over idle`).join(', ')
      const shown = overIdle(peaks)
      t.comment(`${sink}: ${sizes.join(', ')} MiB of input, ${shown}`)
      t.ok(Math.max(...highest) - idle <= 60 * mebibyte, `at most 60 MiB over idle Node: ${overIdle(highest)}`)
      // The smallest is over in less than a tenth of a second, when not all of the program has run warm.
      const [smallest, ...larger] = peaks as [number, ...number[]]
      if (larger.length > 0) t.ok(Math.max(...larger) - smallest <= 16 * mebibyte, `no more for more input: ${shown}`)
      if (larger.length > 1) t.ok(Math.max(...larger) <= 1.1 * Math.min(...larger), `flat within a tenth: ${shown}`)
    }
  },
)
