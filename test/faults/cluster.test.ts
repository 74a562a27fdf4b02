import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { deleteGroupsV2 } from '@platformatic/kafka'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { type ClusterSession, openClusterSession } from '../../bin/runtime/cluster-session.ts'
import { createProducer, edgeMask } from '../../bin/runtime/payment-source.ts'
import { APPLICATION_ID, INPUT_TOPIC, PARTITIONS } from '../../bin/runtime/session.ts'
import { topicSettings } from '../../bin/runtime/topic-settings.ts'
import { readConfig } from '../../platform/config.ts'
import { machineClock } from '../../producers/clock.ts'
import { SimulationRun } from '../../producers/simulator/run.ts'
import { scenarioNamed } from '../../producers/simulator/scenarios.ts'
import { simulate } from '../../producers/simulator/simulate.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import { SluiceProcess, sluice } from '../bin/sluice-process.ts'
import { setOfTopics } from '../support/topic-setting.ts'

// Goal: whatever happens to a worker, each input offset on Kafka gets one disposition, and a zombie's work is never seen.
// Method: workers as users start them, over a real broker, killed or paused while they work; then `sluice verify --kafka`
// recomputes every partition and compares every output byte for byte.
const TEST_MS = 600_000
const SLICE = 2_000
/** Long ago, so that no event time is in the future. */
const START_MS = 1_700_000_000_000

describe('workers on Kafka', () => {
  let kafka: Kafka
  let folder: string
  let session: ClusterSession | null = null
  let fed = 0

  beforeAll(async () => {
    kafka = await startKafka()
    folder = mkdtempSync(join(tmpdir(), 'sluice-cluster-'))
    const log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'test' } })
    await log.createTopics(topicSettings({ logBytesMax: null, retentionMs: -1 }))
    await log.close()
  }, TEST_MS)
  afterEach(async () => {
    await session?.log.close()
    session = null
  })
  afterAll(async () => {
    await kafka?.stop()
    rmSync(folder, { recursive: true, force: true })
  }, TEST_MS)

  const settings = () => ({ SLUICE_DATA: folder, SLUICE_KAFKA_BOOTSTRAP: kafka.bootstrap.join(',') })
  const startWorker = (name: string, ...options: string[]) =>
    new SluiceProcess(['worker', '--name', name, '--port', '0', ...options], settings())

  /** Sends `records` of the mixed scenario, another part of it at each call, as fast as the brokers take them. */
  async function feed(records: number): Promise<void> {
    const opened = await opening()
    const run = new SimulationRun({
      seed: `cluster ${fed}`,
      startMs: START_MS + fed,
      paymentSchemaId: opened.ids.payment,
    })
    const producer = createProducer(opened, edgeMask(opened))
    const mixed = scenarioNamed('mixed')
    if (mixed === undefined) throw new Error('there is a mixed scenario')
    await simulate(mixed.records(run, { ratePerSecond: 200, records }), {
      producer,
      clock: machineClock,
      onTime: false,
    })
    await producer.close()
    fed += records
  }

  async function opening(): Promise<ClusterSession> {
    session ??= await openClusterSession(readConfig({}, settings()))
    return session
  }

  /** By partition: the committed offset, and the end. */
  async function progress(): Promise<{ readonly committed: number[]; readonly ends: number[] }> {
    const { committed, log } = await opening()
    const inputs = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: INPUT_TOPIC, partition }))
    return {
      committed: await Promise.all(inputs.map(async (input) => (await committed(input))?.offset ?? 0)),
      ends: await Promise.all(inputs.map(async (input) => (await log.bounds(input)).endOffset)),
    }
  }

  async function untilDecided(): Promise<void> {
    for (;;) {
      const { committed, ends } = await progress()
      if (committed.every((offset, partition) => offset === ends[partition])) return
      await pause(200)
    }
  }

  /** The states of the tasks at the first answer that is no 503; a refusal names at least one that does not run. */
  async function untilReady(url: string): Promise<string[]> {
    for (;;) {
      const answer = await fetch(`${url}/health/ready`)
      const { member, tasks } = (await answer.json()) as { member: string; tasks: { state: string }[] }
      const states = tasks.map(({ state }) => state)
      if (answer.status === 200) return states
      expect(answer.status).toBe(503)
      expect(member !== 'STABLE' || states.length < PARTITIONS || states.some((state) => state !== 'RUNNING')).toBe(
        true,
      )
      await pause(20)
    }
  }

  async function expectOneDispositionEach(): Promise<void> {
    const { code, stdout, stderr } = await sluice(['verify', '--kafka', '--json'], settings())
    expect(stderr).toBe('')
    const verdicts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { inputs: number; compared: number; differences: string[] })
    expect(verdicts.flatMap(({ differences }) => differences)).toEqual([])
    const inputs = verdicts.reduce((sum, one) => sum + one.inputs, 0)
    const compared = verdicts.reduce((sum, one) => sum + one.compared, 0)
    process.stdout.write(`cluster: ${inputs} inputs recomputed, ${compared} outputs compared\n`)
    expect(inputs).toBe(fed)
    expect(compared).toBeGreaterThan(fed * 0.9)
    expect(code).toBe(0)
  }

  const partitionsOf = (text: string) => text.split(' ').map(Number)
  const HALF = /partitions: (\d+(?: \d+){5})\n/
  const WHOLE = /partitions: 0 1 2 3 4 5 6 7 8 9 10 11\n/

  test('SPEC R4: a worker does not start on a topic whose timestamps are its writers’ own', {
    timeout: TEST_MS,
  }, async () => {
    const stamp = (value: string) =>
      setOfTopics(kafka.bootstrap, [TOPICS.paymentsDecided.name], 'message.timestamp.type', value)
    await stamp('CreateTime')
    const refused = startWorker('refused')
    expect(await refused.ended).toBe(1)
    expect(refused.stderr).toMatch(/message.timestamp.type is CreateTime, not LogAppendTime.*payments.decided/)
    await stamp('LogAppendTime')
  })

  test('SPEC X4: one of two workers is killed while it works; the other goes on where it was', {
    timeout: TEST_MS,
  }, async () => {
    const one = startWorker('one', '--standby', 'all')
    const [, url = ''] = await one.says(/health on (http:[^;]+);/)
    await one.says(WHOLE)
    expect(await untilReady(url)).toEqual(Array.from({ length: PARTITIONS }, () => 'RUNNING'))
    const two = startWorker('two')
    const [, theirs = ''] = await two.says(HALF)
    const killed = partitionsOf(theirs)
    for (let slice = 0; slice < 5; slice++) await feed(SLICE)
    const feeding = feed(5 * SLICE)
    two.child.kill('SIGKILL')
    const before = await progress()
    await feeding
    await two.ended
    expect(two.child.signalCode).toBe('SIGKILL')
    // It had worked, and left work.
    const { ends } = await progress()
    expect(killed.some((partition) => (before.committed[partition] ?? 0) > 0)).toBe(true)
    expect(killed.some((partition) => (before.committed[partition] ?? 0) < (ends[partition] ?? 0))).toBe(true)
    await untilDecided()
    one.child.kill('SIGINT')
    expect(await one.ended).toBe(0)
    expect(one.stdout).toContain('left the group')
    await expectOneDispositionEach()
  })

  test('SPEC X3: a worker that was paused beyond its session writes nothing that a reader sees', {
    timeout: TEST_MS,
  }, async () => {
    const one = startWorker('one')
    await one.says(WHOLE)
    const two = startWorker('two')
    const [, theirs = ''] = await two.says(HALF)
    // Paused in the middle of work: with input that it has fetched and not committed.
    const feeding = feed(10 * SLICE)
    const begun = await progress()
    for (;;) {
      const { committed } = await progress()
      if (partitionsOf(theirs).some((partition) => committed[partition] !== begun.committed[partition])) break
      await pause(5)
    }
    two.child.kill('SIGSTOP')
    await feeding
    await one.says(new RegExp(`${HALF.source}[\\s\\S]*${WHOLE.source}`))
    await untilDecided()
    two.child.kill('SIGCONT')
    // It is told that it was replaced, and is one of two again.
    while (!/no member|does not know|aware of this member|old epoch|newer producer/.test(two.stderr)) await pause(50)
    await feed(SLICE)
    await untilDecided()
    for (const worker of [two, one]) {
      worker.child.kill('SIGINT')
      expect(await worker.ended).toBe(0)
    }
    await expectOneDispositionEach()
  })

  test('SPEC X3: a task that an outsider fences takes its partition back, for the group says that it is its own', {
    timeout: TEST_MS,
  }, async () => {
    const one = startWorker('one')
    await one.says(WHOLE)
    await feed(SLICE)
    await untilDecided()
    const outsider = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'outsider' } })
    const input = { topic: INPUT_TOPIC, partition: 3 }
    const taken = await outsider.openTask(APPLICATION_ID, input)
    await feed(SLICE)
    await untilDecided()
    expect(one.stderr).toMatch(/somebody else owns this now/)
    taken.begin()
    await expect(taken.sendOffset({ offset: 0, metadata: '' })).rejects.toMatchObject({ next: 'fenced' })
    await outsider.close()
    one.child.kill('SIGINT')
    expect(await one.ended).toBe(0)
    await expectOneDispositionEach()
  })

  test('SPEC X3: a worker does not wait for what a killed one has left open: its tasks end it', {
    timeout: TEST_MS,
  }, async () => {
    // As if killed behind TxnOffsetCommit; its transaction stands for longer than this test may take.
    const transactionTimeoutMs = 900_000
    const kafkaOptions = { bootstrapServers: kafka.bootstrap, clientId: 'killed' }
    const killed = new KafkaLog({ kafka: kafkaOptions, transactionTimeoutMs })
    const open = await killed.openTask(APPLICATION_ID, { topic: INPUT_TOPIC, partition: 3 })
    open.begin()
    await open.sendOffset({ offset: 1, metadata: '' })
    const one = startWorker('one')
    await one.says(WHOLE)
    await feed(SLICE)
    await untilDecided()
    await expect(open.end()).rejects.toMatchObject({ next: 'fenced' })
    await killed.close()
    one.child.kill('SIGINT')
    expect(await one.ended).toBe(0)
    await expectOneDispositionEach()
  })

  test('SPEC X1: a worker does not begin again where the brokers have forgotten its offsets, which the outputs give back', {
    timeout: TEST_MS,
  }, async () => {
    const { committed } = await progress()
    const decided = committed.filter((offset) => offset > 0).length
    expect(decided).toBeGreaterThan(6)
    const outsider = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'outsider' } })
    // What the brokers do once the group had no member for `offsets.retention.minutes`. The only broker is its coordinator.
    await outsider.cluster.callAny(deleteGroupsV2.api, [APPLICATION_ID])
    await outsider.close()

    const refused = startWorker('one')
    expect(await refused.ended).toBe(1)
    expect(refused.stderr).toMatch(
      /no committed offset any more.*sluice topics --kafka --offsets.*payments\.submitted-\d/,
    )
    const restored = await sluice(['topics', '--kafka', '--offsets'], settings())
    expect(restored.code, restored.stderr).toBe(0)
    expect(restored.stdout.match(/goes on at offset/g)).toHaveLength(decided)
    const again = await sluice(['topics', '--kafka', '--offsets'], settings())
    expect(again.stdout).toContain('no offset of the group sluice is missing')

    const one = startWorker('one')
    await one.says(WHOLE)
    await feed(SLICE)
    await untilDecided()
    one.child.kill('SIGINT')
    expect(await one.ended).toBe(0)
    await expectOneDispositionEach()
  })
})
