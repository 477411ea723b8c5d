// Loaded before a program (`node --import`): kills it at a change to the file system. KILL_AT=7 is the seventh; KILL_HALF=1 writes half of it first.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const at = Number(process.env.KILL_AT ?? 0)
const isHalf = process.env.KILL_HALF === '1'
let seen = 0

function die(): never {
  process.kill(process.pid, 'SIGKILL')
  // Nothing more may happen until the signal is there.
  for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
}

function isDue(): boolean {
  seen += 1
  return seen === at
}

type Call = (...values: unknown[]) => unknown

function guard<T extends object>(owner: T, name: keyof T, half?: Call): void {
  const call = owner[name] as Call
  owner[name] = function (this: unknown, ...values: unknown[]) {
    if (isDue()) {
      if (isHalf) half?.apply(this, values)
      die()
    }
    return call.apply(this, values)
  } as T[keyof T]
}

const { promises } = fs
const probe = await promises.open(process.execPath, 'r')
const handles = Object.getPrototypeOf(probe)
await probe.close()
guard(promises, 'rename')
guard(promises, 'rm')
guard(promises, 'open')
guard(handles, 'truncate')
guard(handles, 'sync')
guard(handles, 'datasync')
guard(handles, 'writeFile', function (this: unknown, bytes) {
  fs.writeSync((this as { fd: number }).fd, (bytes as Buffer).subarray(0, (bytes as Buffer).length / 2))
} as Call)
guard(fs, 'writev', (descriptor, buffers) => {
  const whole = Buffer.concat(buffers as Buffer[])
  fs.writeSync(descriptor as number, whole.subarray(0, whole.length / 2))
})
syncBuiltinESMExports()
