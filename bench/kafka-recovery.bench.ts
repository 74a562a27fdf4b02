import { setTimeout as pause } from 'node:timers/promises'
import { APPLICATION_ID, PARTITIONS } from '../bin/runtime/session.ts'
import { IS_SHORT, inChild, progress, Report, RUNS, size } from './harness.ts'
import { emptyTopics, type Ground, INPUT, openLog, withBroker } from './kafka-ground.ts'
import { paced } from './kafka-paced.ts'
import type { Received } from './kafka-receiver.ts'
import { WorkerProcess } from './kafka-worker.ts'
import { monotonicMs } from './load-feeder.ts'

const IDS = size(1_000_000, 20_000)
const HOUR_MS = 3_600_000
const RESTART_BAR = { atMost: 5 }
const HAND_OVER_BAR = { atMost: 1 }
/** Partitions that a second worker takes over. */
const MOVED = PARTITIONS / 2
/** The launcher's brokers end a silent member's session after 6 s. */
const SESSION_S = 6
const DEAD_BAR = { atMost: SESSION_S }
const RATE = size(2_000, 1_000)
const KILLS = size(RUNS, 1)
/** The launcher's brokers hear of a member that often; kills are spread over the time between. */
const HEARTBEAT_MS = 2_000
/** Payments come for so long, while workers join, leave and are killed, each after the last has settled. */
const SECONDS = size(100, 24)
const SETTLE_MS = size(6_000, 2_000)
const SEED = 20_261_125

/** `sluice worker` as a user starts it, the product's twelve partitions, a million ids of one hour of event time. */
const report = new Report('kafka-recovery', `Workers on Kafka that end and begin, ${PARTITIONS} partitions`)
await withBroker(async (ground) => {
  try {
    await measureRecovery(ground)
  } finally {
    for (const worker of WorkerProcess.started) await worker.end('SIGKILL')
  }
})
report.finish()

async function measureRecovery(ground: Ground): Promise<void> {
  await emptyTopics(ground, 'all', PARTITIONS)
  const options = { payments: IDS, senders: 100_000, spanMs: 0.95 * HOUR_MS, seed: SEED, personal: 'card-and-email' }
  progress(`recovery: loading ${IDS.toLocaleString('en')} payments`)
  await inChild('kafka-load.ts', [ground.bootstrap, String(PARTITIONS), JSON.stringify(options)])
  const first = new WorkerProcess(ground, 'first')
  await first.ready(PARTITIONS)
  await untilDecided(ground)
  const { seconds, survivor } = await restart(ground, first)
  report.figure(
    `kill -9 and restart with ${IDS.toLocaleString('en')} ids: to all ${PARTITIONS} partitions running`,
    's',
    seconds,
    RESTART_BAR,
  )
  await handOver(ground)
  await survivor.end('SIGINT')
}

async function restart(ground: Ground, first: WorkerProcess): Promise<{ seconds: number[]; survivor: WorkerProcess }> {
  const seconds: number[] = []
  let worker = first
  for (let run = 0; run < size(RUNS, 1); run++) {
    await worker.end('SIGKILL')
    const startedMs = monotonicMs()
    worker = new WorkerProcess(ground, 'first')
    await worker.ready(PARTITIONS)
    seconds.push((monotonicMs() - startedMs) / 1_000)
    progress(`restart: ${seconds.at(-1)!.toFixed(2)} s`)
  }
  return { seconds, survivor: worker }
}

/**
 * While payments come, a second worker joins, leaves, and then joins and is killed for good a few times: how soon the group misses it depends on when
 * it was heard last.
 */
async function handOver(ground: Ground): Promise<void> {
  const plan = {
    bootstrap: ground.bootstrap,
    partitions: PARTITIONS,
    payments: RATE * SECONDS,
    ratePerSecond: RATE,
    firstNumber: 2 * IDS,
  }
  const beginsMs: number[] = []
  const received = await paced(plan, async () => {
    const startMs = monotonicMs()
    const act = async <T>(begin: () => Promise<T>): Promise<T> => {
      await pause(SETTLE_MS)
      beginsMs.push(monotonicMs() - startMs)
      return begin()
    }
    const join = async () => {
      const worker = new WorkerProcess(ground, 'second')
      await worker.ready(MOVED)
      return worker
    }
    const leaver = await act(join)
    await act(() => leaver.end('SIGINT'))
    for (let kill = 0; kill < KILLS; kill++) {
      const mortal = await act(join)
      await pause((kill * HEARTBEAT_MS) / KILLS)
      await act(() => mortal.end('SIGKILL'))
    }
  })
  const longest = (from: number, to: number) => longestSilences(received, beginsMs[from] ?? 0, beginsMs[to] ?? Infinity)
  report.figure('a worker joins: silence of a partition that moves', 's', longest(0, 1), HAND_OVER_BAR)
  report.figure('a worker leaves: silence of a partition that moves', 's', longest(1, 2), HAND_OVER_BAR)
  const dead = Array.from({ length: KILLS }, (_, kill) => Math.max(...longest(3 + 2 * kill, 4 + 2 * kill)))
  report.figure('a worker dies for good: silence of its partitions', 's', dead, DEAD_BAR)
  if (!IS_SHORT) report.require('its partitions were silent until the group missed it', Math.min(...dead) > 1)
  report.require(
    'every payment sent meanwhile was received as one decision',
    received.seen === plan.payments && received.doubled === 0,
  )
}

/**
 * The longest silence of each partition within a time; of the half that was moved, the longest ones. What is killed at that time was heard
 * last a little before it.
 */
function longestSilences({ silences }: Received, fromMs: number, toMs: number): number[] {
  const within = silences.filter((silence) => silence.fromMs + silence.lastedMs > fromMs && silence.fromMs < toMs)
  return Array.from({ length: PARTITIONS }, (_, partition) =>
    Math.max(0, ...within.filter((one) => one.partition === partition).map(({ lastedMs }) => lastedMs / 1_000)),
  )
    .sort((a, b) => b - a)
    .slice(0, MOVED)
}

async function untilDecided({ bootstrap }: Ground): Promise<void> {
  const log = openLog(bootstrap)
  const group = log.group(APPLICATION_ID)
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const at = { topic: INPUT, partition }
    const { endOffset } = await log.bounds(at)
    while (((await group.committed(at))?.offset ?? 0) < endOffset) await pause(100)
  }
  await log.close()
}
