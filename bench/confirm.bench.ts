import { type ChildProcess, execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { addTokenKey } from '../bin/runtime/api/token-keys.ts'
import { startKafka } from '../stack/kafka/kafka.ts'
import { startProxiedKafka } from '../test/streams/kafka/test-kafka.ts'
import type { ConfirmDone, ConfirmPlan } from './confirm-load.ts'
import { type DiskAlone, diskAlone, reportDisk } from './disk-alone.ts'
import { type Bar, child, IS_SHORT, messageOf, progress, Report, RUNS, size } from './harness.ts'
import { WorkerProcess } from './kafka-worker.ts'
import { drawLatencies } from './latency-picture.ts'
import { withDataFolder } from './load.ts'

/**
 * The confirm API, callers in a process of their own: 1,000 calls a second for three minutes whatever happens (open loop), each with a new key, a
 * new payment and one of 10,000 users' ES256 tokens; rates, audit and read-back on. On the embedded log with the tasks in the API's process,
 * and on a broker (acks=all) beside one `sluice worker`. Then twice as many, which may be shed but must be answered; and a broker whose
 * answers come 200 ms late, where nothing fresh may be answered sooner.
 */
const RATE = 1_000
const SECONDS = size(60, 3)
const USERS = size(10_000, 1_000)
/** Each user has called once when the minute begins, so that its token's signature is checked. */
const WARM_UP: readonly ConfirmPlan[] = [{ ratePerSecond: 300, seconds: size(34, 2) }]
/**
 * A broker's Java compiles by how often it was called, and takes a core for a second when it does: after 35,000 calls, for one. A broker in
 * earnest has done so long ago, so this one has had 100,000.
 */
const CLUSTER_WARM_UP: readonly ConfirmPlan[] = [...WARM_UP, { ratePerSecond: RATE, seconds: size(90, 2) }]
/** Before each minute. */
const DISK_SECONDS = size(5, 1)
const OVERLOAD_SECONDS = size(20, 3)
/** A user may call ten times in it. */
const RATE_WINDOW_MS = 60_000
const DELAY_MS = 200
/** A call asks the broker several times in turn, and so do the tasks: so few and so patient that none is refused for it. */
const DELAYED: ConfirmPlan = { ratePerSecond: 20, seconds: size(20, 3) }
const PATIENT_MS = 10_000
const P99_MAX_MS = 50

/** What the p99s are held against: at the rate, and at twice the rate. */
interface Bars {
  readonly p99: Bar
  readonly shedP99: Bar
}

const EMBEDDED_BARS: Bars = { p99: { atMost: P99_MAX_MS }, shedP99: { atMost: 100 } }
const CLUSTER_BARS: Bars = { p99: { goal: P99_MAX_MS }, shedP99: {} }
const PICTURE = join(import.meta.dirname, '../docs/confirm-latency.svg')

interface Parts {
  readonly server: ChildProcess
  readonly callers: ChildProcess
}

const report = new Report('confirm', 'POST /payment/confirm, each answer from a committed decision')
const embedded = await withDataFolder((data) =>
  served(data, [], (parts) => measure('embedded', parts, WARM_UP, EMBEDDED_BARS)),
)
const cluster = await onCluster()
await onDelayedCluster()
if (!IS_SHORT)
  writeFileSync(
    PICTURE,
    drawLatencies('POST /payment/confirm at 1,000 calls a second', [
      { name: 'embedded log', counts: embedded.counts, p50: embedded.p50, p99: embedded.p99 },
      { name: 'Kafka, acks=all', counts: cluster.counts, p50: cluster.p50, p99: cluster.p99 },
    ]),
  )
report.finish()

/** Minutes, and twice their rate. The minute of the median p99. */
async function measure(log: string, parts: Parts, warmUp: readonly ConfirmPlan[], bars: Bars): Promise<ConfirmDone> {
  for (const plan of warmUp) await run(parts, plan)
  const minutes: ConfirmDone[] = []
  const cpus: number[] = []
  const disks: DiskAlone[] = []
  for (let i = 0; i < size(RUNS, 1); i++) {
    disks.push(await diskAlone(DISK_SECONDS))
    const cpuBefore = await cpuUs(parts)
    minutes.push(await run(parts, { ratePerSecond: RATE, seconds: SECONDS }))
    cpus.push(((await cpuUs(parts)) - cpuBefore) / (RATE * SECONDS))
  }
  const name = `${log}: at ${RATE.toLocaleString('en')} a second`
  const figure = figuresOf(name, minutes)
  figure('p50', 'ms', ({ p50 }) => p50)
  figure('p99', 'ms', ({ p99 }) => p99, bars.p99)
  figure('p99.9', 'ms', ({ p999 }) => p999)
  figure('longest', 'ms', ({ max }) => max)
  report.figure(`${name}: CPU of the API's process`, 'us a call', cpus)
  figure('CPU of the callers', 'us a call', ({ cpuUs }) => cpuUs)
  reportDisk(report, log, disks)
  const [median] = minutes.toSorted((a, b) => a.p99 - b.p99).slice(minutes.length >> 1) as [ConfirmDone]
  report.note(`${log}: counts`, median.counts)
  report.note(
    `${log}: statuses`,
    minutes.map(({ statuses }) => statuses),
  )
  report.note(`${log}: callers late by at most, ms`, Math.max(...minutes.map(({ callersLateMs }) => callersLateMs)))
  report.require(
    `${log}: every call has the answer of its decision`,
    minutes.every((minute) => answered(minute) === RATE * SECONDS),
  )
  await measureOverload(log, parts, bars.shedP99)
  return median
}

/** Reports a figure of each of `runs` under the name `of`. */
function figuresOf(of: string, runs: readonly ConfirmDone[]) {
  return (what: string, unit: string, read: (run: ConfirmDone) => number, bar?: Bar) =>
    report.figure(`${of}: ${what}`, unit, runs.map(read), bar)
}

async function measureOverload(log: string, parts: Parts, bar: Bar): Promise<void> {
  const overs: ConfirmDone[] = []
  for (let i = 0; i < size(RUNS, 1); i++) {
    // With the minute that was just measured this makes ten calls of each user, which is a minute's worth.
    if (i > 0) await pause(RATE_WINDOW_MS)
    overs.push(await run(parts, { ratePerSecond: 2 * RATE, seconds: OVERLOAD_SECONDS }))
  }
  const calls = 2 * RATE * OVERLOAD_SECONDS
  const refused = ({ statuses }: ConfirmDone) => statuses['503'] ?? 0
  const figure = figuresOf(`${log}: at twice that`, overs)
  figure('decided', '/s', (over) => answered(over) / OVERLOAD_SECONDS)
  figure('refused at once with 503', '%', (over) => (refused(over) * 100) / calls)
  figure('p99 of the decided', 'ms', ({ p99 }) => p99, bar)
  report.note(
    `${log}: statuses at twice that`,
    overs.map(({ statuses }) => statuses),
  )
  report.require(
    `${log}: every call of these has an answer: of its decision, or 503`,
    overs.every((over) => answered(over) + refused(over) === calls),
  )
}

async function onCluster(): Promise<ConfirmDone> {
  const kafka = await startKafka({ lasting: true })
  try {
    return await besideWorker([kafka.bootstrap[0] as string], (parts) =>
      measure('Kafka', parts, CLUSTER_WARM_UP, CLUSTER_BARS),
    )
  } finally {
    await kafka.stop()
  }
}

/** Every answer of the broker comes late; an answer that came sooner would be from what is not committed. */
async function onDelayedCluster(): Promise<void> {
  const { bootstrap, proxy, stop } = await startProxiedKafka()
  try {
    await besideWorker([bootstrap[0] as string, String(PATIENT_MS)], async (parts) => {
      await run(parts, DELAYED)
      proxy.late.delete('requests')
      proxy.delayMs = DELAY_MS
      const late = await run(parts, DELAYED)
      const name = `Kafka, each of its answers ${DELAY_MS} ms late`
      report.figure(`${name}: soonest`, 'ms', [late.min], { atLeast: DELAY_MS })
      report.figure(`${name}: p50`, 'ms', [late.p50])
      report.figure(`${name}: p99`, 'ms', [late.p99])
      report.note(`${name}: statuses`, late.statuses)
      report.require(`${name}: no fresh answer takes less`, answered(late) > 0 && late.min >= DELAY_MS)
      report.require(`${name}: answers were held back`, proxy.held.answers > 0)
      proxy.heal()
    })
  } finally {
    await stop()
  }
}

/** Topics, a worker with all partitions, and the API beside it. */
async function besideWorker<T>(args: readonly [string, ...string[]], work: (parts: Parts) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'))
  const data = join(folder, 'data')
  try {
    const [bootstrap] = args
    const { PATH = '', HOME = '' } = process.env
    const env = { PATH, HOME, SLUICE_DATA: data, SLUICE_KAFKA_BOOTSTRAP: bootstrap, SLUICE_KAFKA_REPLICAS: '1' }
    // Not so that it blocks: the broker's proxy is in this process.
    await promisify(execFile)(process.execPath, [join(import.meta.dirname, '../bin/sluice.ts'), 'topics', '--kafka'], {
      env,
    })
    const worker = new WorkerProcess({ bootstrap, folder }, 'confirm')
    await worker.ready(12)
    await addTokenKey(join(data, 'keys'))
    const done = await served(data, args, work)
    await worker.end('SIGTERM')
    return done
  } finally {
    for (const worker of WorkerProcess.started) await worker.end('SIGKILL')
    rmSync(folder, { recursive: true })
  }
}

async function served<T>(data: string, args: readonly string[], work: (parts: Parts) => Promise<T>): Promise<T> {
  const server = child('confirm-server.ts', [data, ...args])
  const { port } = await messageOf<{ port: number }>(server, 'the server')
  const callers = child('confirm-load.ts', [String(port), join(data, 'keys'), String(USERS)])
  await messageOf(callers, 'the callers')
  const done = await work({ server, callers })
  callers.disconnect()
  const ended = new Promise((resolve) => server.once('exit', resolve))
  server.disconnect()
  await ended
  return done
}

async function run({ callers }: Parts, plan: ConfirmPlan): Promise<ConfirmDone> {
  callers.send(plan)
  const done = await messageOf<ConfirmDone>(callers, 'the callers')
  progress(`${plan.ratePerSecond} a second: p99 ${done.p99.toFixed(1)} ms, ${JSON.stringify(done.statuses)}`)
  return done
}

async function cpuUs({ server }: Parts): Promise<number> {
  server.send('cpu')
  return messageOf<number>(server, 'the server')
}

function answered({ statuses }: ConfirmDone): number {
  return [200, 202, 403].reduce((sum, status) => sum + (statuses[status] ?? 0), 0)
}
