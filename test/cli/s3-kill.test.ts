import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ListMultipartUploadsCommand, ListPartsCommand } from '@aws-sdk/client-s3'
import t from 'tap'
import { dirtyCsv, dirtyNdjson, randomOf, rules } from '../checkpoint/dirty-files.js'
import { type S3Server, skipWithoutServer, startS3Server } from '../s3/s3-server.js'
import { sluice } from './run-filter.js'
import { runUnderFire } from './under-fire.js'

// SLUICE_KILL_ROUNDS=50 SLUICE_KILL_SEED=7 node build/test/cli/s3-kill.test.js runs more of them, or one again.
const rounds = Number(process.env.SLUICE_KILL_ROUNDS ?? 2)
const firstSeed = Number(process.env.SLUICE_KILL_SEED ?? 1)
// Enough for outputs of several parts.
const inputBytes = 20_000_000
const names = ['valid', 'invalid', 'violations', 'report']
t.setTimeout(3_600_000)

/** What is under a prefix, without what a clock says. */
async function objectsUnder(server: S3Server, prefix: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  for (const { Key = '', ETag = '' } of await server.objects()) {
    if (!Key.startsWith(prefix)) continue
    const text = Key.endsWith('report') ? await server.get(Key) : ETag
    found[Key.slice(prefix.length)] = text.replace(/"(startedAt|endedAt|source)": "[^"]*"/g, '"$1"')
  }
  return found
}

/** Parts of uploads that stand, and uploads that have none: of these the process was killed before it heard that they had begun. */
async function uploadsOn({ client, bucket }: S3Server): Promise<{ parts: number; empty: number }> {
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket }))
  const found = { parts: 0, empty: 0 }
  for (const { Key, UploadId } of Uploads) {
    const { Parts = [] } = await client.send(new ListPartsCommand({ Bucket: bucket, Key, UploadId }))
    found.parts += Parts.length
    if (Parts.length === 0) found.empty += 1
  }
  return found
}

t.test(`${rounds} rounds of SIGKILL from S3 to S3 lose nothing and double nothing`, { skip: skipWithoutServer }, async (t) => {
  const server = await startS3Server()
  t.teardown(() => server.stop())
  Object.assign(process.env, server.environment)
  const total = { kills: 0, kept: 0 }
  for (let round = 0; round < rounds; round += 1) {
    const seed = firstSeed + round
    const random = randomOf(seed)
    const isCsv = seed % 2 === 1
    const input = isCsv ? dirtyCsv(seed, inputBytes) : dirtyNdjson(seed, inputBytes)
    const limit = seed % 5 === 4 ? ['--max-errors', String(20_000 + Math.floor(random() * 20_000))] : []
    const cwd = t.testdir({ 'rules.json': JSON.stringify(rules), parts: {} })
    const key = isCsv ? 'in.csv' : 'in.ndjson'
    await server.put(key, input)
    const [whole, parts] = [`whole-${seed}/`, `parts-${seed}/`]
    const words = (prefix: string, more: string[]) => [
      ...['validate', `s3://bucket/${key}`, '--schema', '../rules.json', ...(isCsv ? ['--comment', '#'] : [])],
      ...names.flatMap((name) => [`--${name}`, `s3://bucket/${prefix}${name}`]),
      ...[...limit, ...more],
    ]
    const folder = join(cwd, 'parts')
    const begun = performance.now()
    const plain = await sluice(words(whole, []), { cwd: folder })
    const spanMs = performance.now() - begun
    const kept = ['--checkpoint', 'run.checkpoint', '--checkpoint-bytes', String(500_000 + Math.floor(random() * 4_000_000))]
    const tried = await runUnderFire(words(parts, kept), folder, random, spanMs)
    const said = `seed ${seed}: ${tried.kills} kills, ${tried.kept} of them with a checkpoint`
    t.strictSame(await objectsUnder(server, parts), await objectsUnder(server, whole), said)
    t.equal(tried.code, plain.code, `seed ${seed}: exit code`)
    t.strictSame(readdirSync(folder), [], `seed ${seed}: nothing is left`)
    total.kills += tried.kills
    total.kept += tried.kept
  }
  const { parts, empty } = await uploadsOn(server)
  t.equal(parts, 0)
  t.ok(empty <= total.kills, `${empty} uploads were begun by a process that was killed before it heard so`)
  t.comment(
    `${rounds} rounds from seed ${firstSeed}: ${total.kills} kills, ${total.kept} of them with a checkpoint to go on from, ${empty} uploads without parts left`,
  )
  t.ok(total.kept > 0, 'some runs went on from a checkpoint')
})
