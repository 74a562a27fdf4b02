import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readKeys } from '../../bin/runtime/keys.ts'
import { PARTITIONS } from '../../bin/runtime/session.ts'
import type { RuleSet } from '../../schemas/rule-set.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { checkLaws, dumpCluster, type Laws, waits } from './check.ts'
import { ClusterProgress } from './cluster-progress.ts'
import { Crew } from './crew.ts'
import { type FaultName, faultPlan } from './fault-plan.ts'
import { Faults } from './faults.ts'
import { Feeder, ForeignProducer, singlePayments } from './producers.ts'
import { RunFolder } from './run-folder.ts'
import { RunProcess } from './run-process.ts'

export interface RunOptions {
  readonly minutes: number
  readonly seed: string
  readonly brokers: 1 | 3
  readonly faults: readonly FaultName[]
  /** Payments a second; repeats, poison and control records come on top. */
  readonly ratePerSecond: number
  /** Told what happens, a line at a time. */
  readonly say: (line: string) => void
}

/** What happened, and what the checker says of it. */
export interface RunReport {
  readonly faults: Faults
  readonly laws: Laws
  /** Why the run proves nothing or something wrong; empty when all is well. */
  readonly problems: readonly string[]
}

const WORKERS = ['one', 'two', 'three', 'four']
const PROGRAM = fileURLToPath(new URL('../../bin/sluice.ts', import.meta.url))
const DECIDED_WITHIN_MS = 600_000
/** The foreign team's payments are of other people. */
const foreign = (seed: string) => `${seed} foreign`

/**
 * The system test: workers on a real cluster under load, faults by the plan of the seed, then a drain, and the independent checker
 * over all that the cluster and the shared checkpoints hold.
 */
export async function runSystem(options: RunOptions): Promise<RunReport> {
  const { seed, brokers, say } = options
  const kafka = await startKafka({ brokers })
  const folder = new RunFolder(seed)
  const startedMs = performance.now()
  const tell = (text: string) => say(`${((performance.now() - startedMs) / 1_000).toFixed(1).padStart(7)} s  ${text}`)
  try {
    const faults = await liveThrough(options, kafka, folder, tell)
    tell('reading the cluster with librdkafka')
    await dumpCluster(kafka.bootstrap, folder, initialRules(folder))
    tell('checking')
    const laws = await checkLaws(folder.dump)
    say(laws.text.trimEnd())
    say((await waits(folder.dump, faults.moves)).trimEnd())
    const problems = problemsOf(options, faults, laws)
    if (problems.length === 0) folder.remove()
    else say(`what was read is kept in ${folder.path}; brokers' logs in ${kafka.folder}`)
    return { faults, laws, problems }
  } catch (error) {
    say(`what there is is kept in ${folder.path}; brokers' logs in ${kafka.folder}`)
    throw error
  } finally {
    await kafka.stop()
  }
}

/** From the first start to the last worker's farewell. */
async function liveThrough(
  { minutes, seed, brokers, faults: names, ratePerSecond, say }: RunOptions,
  kafka: Kafka,
  folder: RunFolder,
  tell: (text: string) => void,
): Promise<Faults> {
  const env = {
    SLUICE_KAFKA_BOOTSTRAP: kafka.bootstrap.join(','),
    SLUICE_KAFKA_REPLICAS: String(brokers),
    SLUICE_KEYS: folder.keys,
    SLUICE_CHECKPOINTS: folder.checkpoints,
    SLUICE_CHECKPOINT_INTERVAL_MS: '2000',
  }
  await createTopics(env, folder)
  const crew = new Crew(folder.path, env)
  for (const name of WORKERS) crew.add(name)
  const startMs = Date.now()
  const stream = { seed, startMs, ratePerSecond, partitions: PARTITIONS }
  const [maskKey] = readKeys(folder.keys).maskKeys
  if (maskKey === undefined) throw new RangeError('there is a mask key')
  const payments = singlePayments({ ...stream, seed: foreign(seed) }, maskKey)
  const system = {
    kafka,
    crew,
    feeder: new Feeder(folder, stream, { ...env, SLUICE_DATA: join(folder.path, 'machines', 'producer') }),
    foreign: new ForeignProducer(kafka.bootstrap, folder, payments),
    progress: await ClusterProgress.open(kafka.bootstrap),
  }
  const faults = new Faults(system)
  try {
    await faults.settled()
    await system.feeder.start()
    say(
      `seed ${seed}, stream from ${startMs} (${new Date(startMs).toISOString()}), ${ratePerSecond} payments a second, ${brokers} broker(s)`,
    )
    const endMs = performance.now() + minutes * 60_000
    const committed = new Set<FaultName>()
    for (const fault of faultPlan(seed, names)) {
      if (performance.now() >= endMs && committed.size === names.length) break
      await pause(fault.pauseMs)
      tell(await faults.commit(fault))
      committed.add(fault.name)
    }
    await faults.settled()
    tell('no more faults: draining')
    await system.feeder.finish()
    tell('all that was sent is acknowledged')
    await system.progress.untilDecided(DECIDED_WITHIN_MS)
    tell('all of it is decided; the workers leave')
    for (const worker of crew.workers) await worker.leave()
    const accidents = crew.workers.flatMap((worker) => worker.accidents)
    if (accidents.length > 0) throw new Error(`a worker ended by itself: ${accidents.join('\n')}`)
    return faults
  } finally {
    await system.progress.close()
    await Promise.all([...crew.workers, system.feeder].map((process) => process.kill().catch(() => {})))
  }
}

async function createTopics(env: Readonly<Record<string, string>>, folder: RunFolder): Promise<void> {
  const said: string[] = []
  const topics = new RunProcess(PROGRAM, ['topics', '--kafka'], { ...env, SLUICE_DATA: folder.path }, (line) =>
    said.push(line),
  )
  const end = await topics.ended
  if (end !== 0) throw new Error(`sluice topics ended with ${end}: ${topics.errors}${said.join('\n')}`)
}

/** The rule set that every worker began with. */
function initialRules(folder: RunFolder): RuleSet {
  const file = join(folder.path, 'machines', 'one', 'folder.json')
  return (JSON.parse(readFileSync(file, 'utf8')) as { initialRules: RuleSet }).initialRules
}

function problemsOf({ faults: names }: RunOptions, faults: Faults, { laws, exitCode, hidden }: Laws): string[] {
  const problems = Object.entries(laws).flatMap(([law, { compared, failed, shown }]) => {
    if (compared === 0) return [`LAW-${law} compared nothing`]
    return failed === 0 ? [] : [`LAW-${law}: ${failed} differ; ${shown.join('; ')}`]
  })
  if (exitCode !== 0 && problems.length === 0) problems.push('the checker failed')
  const killsWorkers = names.some((name) => name === 'kill' || name === 'death' || name === 'machine')
  if (killsWorkers && faults.kills === 0) problems.push('no kill fired')
  if (killsWorkers && faults.killsInFlight === 0) problems.push('nothing was in flight at the kills')
  if (names.includes('broker') && faults.brokerKills === 0) problems.push('no broker was killed')
  if (names.includes('foreign') && Object.values(hidden).every((count) => count === 0))
    problems.push('nothing was aborted')
  return problems
}
