import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClusterSession, openClusterSession } from '../../bin/runtime/cluster-session.ts'
import { createProducer, edgeMask } from '../../bin/runtime/payment-source.ts'
import { INPUT_TOPIC, PARTITIONS } from '../../bin/runtime/session.ts'
import { topicSettings } from '../../bin/runtime/topic-settings.ts'
import { readConfig } from '../../platform/config.ts'
import { machineClock } from '../../producers/clock.ts'
import { SimulationRun } from '../../producers/simulator/run.ts'
import { scenarioNamed } from '../../producers/simulator/scenarios.ts'
import { simulate } from '../../producers/simulator/simulate.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import { encodeBatches } from '../support/offline-chain.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'
import { SluiceProcess, sluice } from './sluice-process.ts'

// Goal: a worker of several threads is several members to the group and one process to people; what an operator asks of a
// cluster that runs is done beside it.
const TEST_MS = 600_000
const RECORDS = 600
/** Long ago, so that no event time is in the future. */
const EVENTS_FROM_MS = 1_700_000_000_000

await onRealParts(['kafka'], 'a worker of two threads', () => {
  let kafka: Kafka
  let folder: string
  let session: ClusterSession
  let fed = 0

  beforeAll(async () => {
    kafka = await startKafka()
    folder = mkdtempSync(join(tmpdir(), 'sluice-threads-'))
    const log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'test' } })
    await log.createTopics(topicSettings({ logBytesMax: null, retentionMs: -1 }))
    await log.close()
  }, START_MS)
  afterAll(async () => {
    await session?.log.close()
    await kafka?.stop()
    rmSync(folder, { recursive: true, force: true })
  }, START_MS)

  const settings = (more: Readonly<Record<string, string>> = {}) => {
    return { SLUICE_DATA: folder, SLUICE_KAFKA_BOOTSTRAP: kafka.bootstrap.join(','), ...more }
  }

  async function feed(records: number): Promise<void> {
    const run = new SimulationRun({
      seed: `threads ${fed}`,
      startMs: EVENTS_FROM_MS + fed,
      paymentSchemaId: session.ids.payment,
    })
    const producer = createProducer(session, edgeMask(session))
    const payments = scenarioNamed('mixed')!.records(run, { ratePerSecond: 200, records })
    await simulate(payments, { producer, clock: machineClock, onTime: false })
    await producer.close()
    fed += records
  }

  /** What a command says of the cluster, by line. */
  async function asked(args: readonly string[], env: Readonly<Record<string, string>>) {
    const { code, stdout, stderr } = await sluice([...args, '--kafka', '--json'], env)
    expect(code, stderr).toBe(0)
    return stdout.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Record<string, unknown>]))
  }

  const inputs = Array.from({ length: PARTITIONS }, (_, partition) => ({ topic: INPUT_TOPIC, partition }))

  /** Every sample of a metric in one scrape: its labels and value. */
  async function scrape(url: string, name: string): Promise<{ readonly labels: string; readonly value: number }[]> {
    const text = await (await fetch(`${url}/metrics`)).text()
    const samples = [...text.matchAll(new RegExp(`^${name}(?:\\{(.*)\\})? (\\S+)$`, 'gm'))]
    return samples.map(([, labels = '', value]) => ({ labels, value: Number(value) }))
  }

  const total = (samples: readonly { readonly value: number }[]) => samples.reduce((sum, { value }) => sum + value, 0)

  async function untilProcessed(url: string, records: number): Promise<void> {
    const processed = async () => total(await scrape(url, 'kafka_streams_stream_task_metrics_process_total'))
    await expect.poll(processed, { timeout: 120_000 }).toBe(records)
  }

  test('worker: its threads share the partitions, and its port tells of all of them', {
    timeout: TEST_MS,
  }, async () => {
    const rules = join(folder, 'rules.yaml')
    const text = readFileSync('rules/default.yaml', 'utf8')
    writeFileSync(rules, text)
    const env = settings({ SLUICE_RULES: rules })
    const worker = new SluiceProcess(['worker', '--name', 'w', '--threads', '2', '--port', '0'], env)
    const [, url = ''] = await worker.says(/2 threads: .*health on (http:[^;]+);/)
    const half = '(\\d+(?: \\d+){5})\\n'
    const [, first = ''] = await worker.says(new RegExp(`thread 1: partitions: ${half}`))
    const [, second = ''] = await worker.says(new RegExp(`thread 2: partitions: ${half}`))
    const owned = [...first.split(' '), ...second.split(' ')].map(Number).sort((a, b) => a - b)
    expect(owned).toEqual(inputs.map(({ partition }) => partition))
    await expect.poll(async () => (await fetch(`${url}/health/ready`)).status, { timeout: 60_000 }).toBe(200)
    const health = (await (await fetch(`${url}/health/ready`)).json()) as { threads: { member: string; tasks: [] }[] }
    expect(health.threads.map(({ member, tasks }) => [member, tasks.length])).toEqual([
      ['STABLE', 6],
      ['STABLE', 6],
    ])

    session = await openClusterSession(readConfig({}, env))
    await feed(RECORDS)
    await untilProcessed(url, RECORDS)
    expect(await scrape(url, 'sluice_task_running')).toHaveLength(PARTITIONS)
    expect(await scrape(url, 'process_cpu_seconds_total')).toHaveLength(1)
    for (const name of [
      'kafka_consumer_consumer_metrics_connection_count',
      'kafka_consumer_consumer_metrics_connection_creation_total',
      'kafka_consumer_consumer_metrics_request_total',
      'kafka_consumer_consumer_fetch_manager_metrics_fetch_total',
      'kafka_consumer_consumer_fetch_manager_metrics_fetch_latency_avg',
      'kafka_consumer_consumer_fetch_manager_metrics_fetch_latency_max',
      'kafka_consumer_consumer_fetch_manager_metrics_bytes_consumed_total',
      'sluice_kafka_metadata_refreshes_total',
    ]) {
      const [sample, ...more] = await scrape(url, name)
      expect(more, name).toEqual([])
      expect(sample?.value, name).toBeGreaterThan(0)
    }

    // A transaction of somebody else that hangs: what it has written nobody sees, and the lag does not count it.
    const stable = await scrape(url, 'sluice_last_stable_offset_lag')
    expect(stable.map(({ value }) => value)).toEqual(inputs.map(() => 0))
    const foreign = await session.log.openTask('foreign', { topic: INPUT_TOPIC, partition: 3 })
    foreign.begin()
    const record = { appendTimeMs: 0, key: 'a', value: new Uint8Array([1]) }
    const bytes = new Uint8Array(encodeBatches([record], 0, 0))
    await foreign.append([{ topic: INPUT_TOPIC, partition: 3, bytes, recordCount: 1 }])
    const hanging = await scrape(url, 'sluice_last_stable_offset_lag')
    expect(hanging.filter(({ value }) => value > 0)).toEqual([{ labels: 'task_id="0_3"', value: 1 }])
    expect(total(await scrape(url, 'kafka_streams_stream_task_metrics_records_lag'))).toBe(0)
    await foreign.abort()
    await foreign.close()
    const unstable = async () => total(await scrape(url, 'sluice_last_stable_offset_lag'))
    await expect.poll(unstable, { timeout: 30_000 }).toBe(0)

    // What was decided and what could not be is read there too, and a dead letter is sent again as a new record.
    const [decision] = await asked(['decisions', '--limit', '1'], env)
    const [explained] = await asked(['explain', String(decision?.['decision_id'])], env)
    expect(explained).toMatchObject({ decision, equal: true })
    const before = await asked(['dlq', 'list'], env)
    const producer = createProducer(session, edgeMask(session))
    await producer.sendValue('poison', new Uint8Array([9]))
    await producer.close()
    await untilProcessed(url, ++fed)
    const letters = await asked(['dlq', 'list'], env)
    expect(letters).toHaveLength(before.length + 1)
    const { input_partition, input_offset } = letters.find(
      (one) => one['reason'] === 'BAD_MAGIC' && one['value_bytes'] === 1,
    )!
    expect(await asked(['dlq', 'replay', `${input_partition}-${input_offset}`], env)).toEqual([
      { replayed: 1, refused: 0 },
    ])
    await untilProcessed(url, ++fed)
    expect(await asked(['dlq', 'list'], env)).toHaveLength(before.length + 2)

    // A changed rule file takes effect when an operator says so, in every partition at once.
    writeFileSync(rules, text.replace('version: "1"', 'version: "night"'))
    const applied = await sluice(['rules', 'apply', rules, '--reason', 'night', '--kafka', '--json'], env)
    expect(applied.stderr).toBe('')
    const change = JSON.parse(applied.stdout)
    expect(change).toMatchObject({ changed: true, version: 'night', holds: true })
    expect(change.places).toHaveLength(PARTITIONS)
    await untilProcessed(url, fed + PARTITIONS)
    const records = await scrape(url, 'sluice_records_total')
    expect(total(records.filter(({ labels }) => labels.includes('control-applied')))).toBe(PARTITIONS)

    const written = await sluice(['checkpoint', '--write', '--kafka', '--json'], env)
    expect(written.stderr).toBe('')
    const checkpoints = written.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { problem: string | null })
    expect(checkpoints.length).toBeGreaterThanOrEqual(PARTITIONS)
    expect(checkpoints.every(({ problem }) => problem === null)).toBe(true)

    worker.child.kill('SIGINT')
    expect(await worker.ended).toBe(0)
    expect(worker.stdout).toContain('left the group')
    const { code, stdout, stderr } = await sluice(['verify', '--kafka', '--json'], env)
    expect(stderr).toBe('')
    expect(code).toBe(0)
    const verdicts = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { inputs: number })
    expect(verdicts.reduce((sum, one) => sum + one.inputs, 0)).toBe(fed + PARTITIONS)
  })

  test('worker: one whose rule file says something else than what is in force says so', {
    timeout: TEST_MS,
  }, async () => {
    const worker = new SluiceProcess(['worker', '--name', 'w', '--port', '0'], settings())
    await expect.poll(() => worker.stderr, { timeout: 60_000 }).toContain('the rule file is not what is in force')
    worker.child.kill('SIGINT')
    expect(await worker.ended).toBe(0)
  })
})
