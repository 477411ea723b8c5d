import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { pipeline } from 'node:stream/promises'
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { listS3, s3Sink, s3Source } from 'sluice'
import t from 'tap'
import { skipWithoutServer, startS3Server } from './s3-server.js'
import { allOf, failureOf, patternOf } from './s3-tools.js'

interface Statement {
  Effect: string
  Action: string[]
  Resource: string[]
}

/** The policies that the README shows, in their order: for reading, for writing. */
const [reading, writing] = [...readFileSync('README.md', 'utf8').matchAll(/```json\n(\{\s*"Version"[\s\S]*?)```/g)].map(
  ([, text = '']) => JSON.parse(text) as { Version: string; Statement: Statement[] },
)

t.test('the policies of the README are enough, and no more than that', { skip: skipWithoutServer }, async (t) => {
  const server = await startS3Server()
  t.teardown(() => server.stop())
  const bytes = patternOf(12 * 1024 * 1024)
  await server.put('data/in.csv', bytes)
  await server.put('other', 'x')

  // As a user's policy they have no principal, and as that of this server's bucket they need one.
  const allow = (policy: typeof reading, Principal: string) =>
    policy?.Statement.map(({ Effect, Action, Resource }) => {
      const here = Resource.map((name) => name.replace('my-bucket', server.bucket))
      return { Effect, Action, Resource: here, Principal: { AWS: [Principal] } }
    }) ?? []
  const [reader, writer] = [await server.addUser('reader'), await server.addUser('writer')]
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [...allow(reading, 'reader'), ...allow(writing, 'writer')] })
  await server.client.send(new PutBucketPolicyCommand({ Bucket: server.bucket, Policy }))
  const write = (key: string, options = {}) => pipeline(Readable.from([bytes]), s3Sink(`s3://bucket/${key}`, options))

  t.test('for reading', async (t) => {
    Object.assign(process.env, reader)
    t.ok((await buffer(s3Source('s3://bucket/data/in.csv'))).equals(bytes))
    t.same(
      (await allOf(listS3('s3://bucket/data/'))).map(({ key }) => key),
      ['data/in.csv'],
    )
    t.match(await failureOf(s3Source('s3://bucket/data/nope')), { code: 'input/not-found' })
    t.match(await failureOf(s3Source('s3://bucket/other')), { code: 'input/unreadable', message: /s3:GetObject/ })
    t.match(await failureOf(write('data/out')), { code: 'sink/unwritable', message: /access is denied; the credentials need s3:PutObject/ })
  })

  t.test('for writing', async (t) => {
    Object.assign(process.env, writer)
    await write('data/out', { tags: { a: 'b' } })
    await write('data/once', { ifNoneMatch: '*' })
    t.match(await failureOf(write('data/once', { ifNoneMatch: '*' })), { code: 'sink/exists' })
    t.strictSame(await server.uploads(), [], 'and aborting')
    t.match(await failureOf(write('other')), { code: 'sink/unwritable' })
    t.match(await failureOf(s3Source('s3://bucket/data/in.csv')), { code: 'input/unreadable' })
  })
})
