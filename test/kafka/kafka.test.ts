import t from 'tap'
import { kafkaJars, startBroker } from './broker.js'
import { closingTest, rebalanceTest, replayTest, slowSinkTest } from './client-tests.js'
import { killTest } from './kill-test.js'
import { Topics } from './topics.js'

t.setTimeout(280_000)
const jars = await kafkaJars()
if ('missing' in jars) t.plan(0, jars.missing)
else {
  const broker = await startBroker(jars.folder)
  const topics = new Topics(broker.address)
  await topics.admin.connect()
  t.teardown(async () => {
    await topics.admin.disconnect()
    await broker.stop()
  })
  const timeout = 120_000
  t.test('a member of a group that is killed loses nothing', { timeout }, (t) => killTest(t, broker, topics))
  t.test('dead letters of kafkajs come back by platformatic', { timeout }, (t) => replayTest(t, broker, topics, 'kafkajs', 'platformatic'))
  t.test('dead letters of platformatic come back by kafkajs', { timeout }, (t) => replayTest(t, broker, topics, 'platformatic', 'kafkajs'))
  t.test('a slow sink stops the fetching', { timeout }, (t) => slowSinkTest(t, topics))
  t.test('a member joins a group of kafkajs', { timeout }, (t) => rebalanceTest(t, broker, topics, 'kafkajs'))
  t.test('a member joins a group of platformatic', { timeout }, (t) => rebalanceTest(t, broker, topics, 'platformatic'))
  t.test('members of platformatic that leave one right after another', { timeout }, (t) => closingTest(t, broker, topics))
}
