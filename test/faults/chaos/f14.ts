import { strict as assert } from 'node:assert'
import { Kafka as KafkaJs, logLevel } from 'kafkajs'
import { checkpointFiles, checkpointIdentity, INPUT_TOPIC, PARTITIONS } from '../../../bin/runtime/session.ts'
import { OUTPUT_TOPICS } from '../../../bin/runtime/topic-settings.ts'
import { Checkpoints } from '../../../streams/state/checkpoint.ts'
import { checkpointName } from '../../../streams/state/checkpoint-store.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

const HISTORY = 10_000
const WAITING = 2_000
const AHEAD = 1_000

export const missingHistory: Row = {
  row: 'F14',
  title:
    'checkpoints ahead of the end of the log; then the input is deleted (DeleteRecords) past the newest checkpoint',
  expectation:
    'what is ahead says that the log has forgotten: the worker refuses to start, says what to do and decides nothing, and folds the input once they are gone; where history is gone it refuses as well',
  async run({ open, tell }) {
    const stand = await open()
    await aheadOfTheLog(stand)
    tell('with checkpoints ahead of the log nothing was decided, and without them all')
    await historyGone(stand)
  },
}

/** Whole and well signed checkpoints of a log that would be longer. */
async function aheadOfTheLog(stand: Stand): Promise<void> {
  const { session, processor } = stand
  const files = checkpointFiles(session)
  const worker = stand.worker('one')
  await stand.owns(worker, PARTITIONS)
  await stand.feed.send(HISTORY)
  await stand.decided()
  worker.kill('SIGKILL')
  await worker.ended
  await stand.feed.send(WAITING)
  const before = await stand.committed()
  const outputs = await ends(stand)
  const ahead: string[] = []
  for (const [partition, end] of (await stand.ends()).entries()) {
    const { sections } = processor.topology.createStores(partition)
    const checkpoints = new Checkpoints(files, checkpointIdentity(session, partition), sections)
    await checkpoints.begin({ nextOffset: end + AHEAD, streamTimeMs: 0 }).write()
    ahead.push(checkpointName(INPUT_TOPIC, partition, end + AHEAD))
    void stand.strike()
  }
  const refusing = stand.worker('one')
  assert.equal(await refusing.ended, 1, refusing.stdout)
  assert.match(refusing.stderr, /so that was committed and is forgotten; commit the offset/)
  assert.equal(refusing.stderr.match(/"task ended"/g)?.length, PARTITIONS)
  assert.deepEqual(await stand.committed(), before)
  assert.deepEqual(await ends(stand), outputs)
  for (const name of ahead) await files.remove(name)
  const next = stand.worker('one')
  await stand.decided()
  assert.ok((await stand.metric(next, 'kafka_streams_stream_task_metrics_restore_total')) >= HISTORY)
  next.kill('SIGKILL')
  await next.ended
  await stand.audit()
}

async function historyGone(stand: Stand): Promise<void> {
  const before = await stand.committed()
  await deleteBefore(stand, before)
  await stand.feed.send(WAITING)
  const outputs = await ends(stand)
  const refusing = stand.worker('one')
  for (let partition = 0; partition < PARTITIONS; partition++) void stand.strike()
  assert.equal(await refusing.ended, 1, refusing.stdout)
  assert.match(refusing.stderr, /the log begins at offset \d+ and .*put a checkpoint back that reaches it/)
  assert.equal(refusing.stderr.match(/"task ended"/g)?.length, PARTITIONS)
  assert.deepEqual(await stand.committed(), before)
  assert.deepEqual(await ends(stand), outputs)
}

async function deleteBefore(stand: Stand, offsets: readonly number[]): Promise<void> {
  const admin = new KafkaJs({ brokers: [...stand.kafka.bootstrap], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.fetchTopicOffsets(INPUT_TOPIC) // It knows the leaders of a topic only when it was asked about it.
  const partitions = offsets.map((offset, partition) => ({ partition, offset: String(offset) }))
  await admin.deleteTopicRecords({ topic: INPUT_TOPIC, partitions })
  await admin.disconnect()
}

/** Of every output partition. */
async function ends({ session }: Stand): Promise<number[]> {
  const places = OUTPUT_TOPICS.flatMap((topic) =>
    Array.from({ length: PARTITIONS }, (_, partition) => ({ topic, partition })),
  )
  return Promise.all(places.map(async (at) => (await session.log.bounds(at)).endOffset))
}
