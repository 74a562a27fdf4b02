import { StreamsError } from '../../streams/errors.ts'
import type { TopicPartition } from '../../streams/log/log.ts'
import { Checkpointing } from '../../streams/task/checkpointing.ts'
import { Task } from '../../streams/task/task.ts'
import { type FaultRates, NO_FAULTS, SeededFaults } from '../../streams/testing/fault-plan.ts'
import { MemoryBroker } from '../../streams/testing/memory-broker.ts'
import { MemoryCheckpoints } from '../../streams/testing/memory-checkpoints.ts'
import { MemoryLog } from '../../streams/testing/memory-log.ts'
import { decodeRecords, encodeRecords, type RecordInput } from '../../streams/testing/plain-records.ts'
import { SeededRandom } from '../../streams/testing/seeded-random.ts'
import { VirtualClock } from '../../streams/testing/virtual-clock.ts'
import type { Observed } from './checker.ts'
import { logBytes, referenceRun } from './reference.ts'
import type { Scenario, SimulatedStores } from './scenario.ts'

const APPLICATION = 'simulated'
/** Later than every event time, so that no payment is of the future. */
const BEGIN_MS = 1_780_488_000_000
/** Lives of one task that meet faults; one more meets none, so that every run ends. */
const FAULTY_LIVES = 12
const POLL_MS = 10
/** A marker comes where so many records, or a multiple, stand before it. */
const MARKED = 3
/** Virtual time after which a run that has not ended never will. */
const RUN_MS_MAX = 600_000

/** What happened in a run. */
export interface SimulationReport {
  readonly seed: number
  readonly observed: readonly Observed[]
  /** How often each fault struck, as "fault at step". */
  readonly fired: ReadonlyMap<string, number>
  readonly crashes: number
  readonly fencings: number
  /** Of all outputs of all partitions, in order. */
  readonly outputs: readonly RecordInput[]
}

/** Runs a scenario through real tasks while processes crash, requests are lost, doubled, delayed and overtaken. */
export function simulate<S extends SimulatedStores>(scenario: Scenario<S>, seed: number): Promise<SimulationReport> {
  return new Simulation(scenario, seed).run()
}

/** The faults that struck while a transaction was open: what the commit steps are there for. */
export function faultsInFlight({ fired }: SimulationReport): number {
  let count = 0
  for (const [name, times] of fired) if (/^(?!slow).* at (append|send-offset|end)$/.test(name)) count += times
  return count
}

class Simulation<S extends SimulatedStores> {
  private readonly scenario: Scenario<S>
  private readonly seed: number
  private readonly random: SeededRandom
  private readonly clock = new VirtualClock(BEGIN_MS)
  private readonly broker = new MemoryBroker(this.clock)
  private readonly disk = new MemoryCheckpoints()
  private readonly rates: FaultRates
  private readonly plans: SeededFaults[] = []
  private readonly acknowledged: RecordInput[][]
  private sending = true
  private crashes = 0
  private fencings = 0

  constructor(scenario: Scenario<S>, seed: number) {
    this.scenario = scenario
    this.seed = seed
    this.random = new SeededRandom(seed)
    this.rates = drawRates(this.random)
    this.acknowledged = Array.from({ length: scenario.partitions }, () => [])
  }

  async run(): Promise<SimulationReport> {
    const { scenario, broker, clock } = this
    const { source } = scenario.processor.topology
    const settings = { partitions: scenario.partitions, retentionMs: -1, retentionBytes: -1 }
    broker.createTopics([{ ...settings, topic: source, writtenBy: 'producers' }])
    broker.createTopics(scenario.outputTopics.map((topic) => ({ ...settings, topic })))
    const digests = await clock.run(this.everything())
    const observed = digests.map((digest, partition) => this.observe({ topic: source, partition }, digest))
    const fired = new Map<string, number>()
    for (const plan of this.plans) for (const [name, n] of plan.fired) fired.set(name, (fired.get(name) ?? 0) + n)
    const outputs = observed.flatMap((one) => [...one.outputs.values()].flat())
    return { seed: this.seed, observed, fired, crashes: this.crashes, fencings: this.fencings, outputs }
  }

  private async everything(): Promise<string[]> {
    const { scenario, random } = this
    const lanes = scenario.records(random.fork())
    const tasks = lanes.map((_, partition) => this.keepTaskAlive(partition, random.fork()))
    const sent = lanes.map((records, partition) => this.send(records, partition, random.fork()))
    await Promise.all(sent)
    this.sending = false
    return Promise.all(tasks)
  }

  /**
   * A producer that sends its records in batches and repeats a batch until it is acknowledged. Some other client ends transactions
   * between them, and at the end.
   */
  private async send(records: readonly RecordInput[], partition: number, random: SeededRandom): Promise<void> {
    const { topic } = this.input(partition)
    const log = new MemoryLog(this.broker, this.clock, this.plan(random, { ...this.rates, ...NO_CRASH }))
    const session = await log.openProducer(`lane ${partition}`)
    for (let at = 0; at < records.length; ) {
      const some = records.slice(at, at + 1 + random.below(8))
      for (const { bytes, recordCount } of encodeRecords(some, this.clock.nowMs())) {
        await this.untilDone(() => session.append({ topic, partition, bytes, recordCount }, at))
      }
      this.acknowledged[partition]?.push(...some)
      at += some.length
      if (at === records.length || at % MARKED === 0) this.broker.mark({ topic, partition })
      if (random.next() < 0.5) await this.clock.wait(random.below(20))
    }
  }

  private async untilDone(request: () => Promise<unknown>): Promise<void> {
    for (;;) {
      try {
        await request()
        return
      } catch (error) {
        if (!(error instanceof StreamsError) || error.code !== 'NO_ANSWER') throw error
        await this.clock.wait(2)
      }
    }
  }

  /** Starts the task of a partition again and again, sometimes beside one that still runs. Answers the final state's digest. */
  private async keepTaskAlive(partition: number, random: SeededRandom): Promise<string> {
    const zombies: Promise<unknown>[] = []
    for (let life = 1; ; life++) {
      const plan = life <= FAULTY_LIVES ? this.plan(random, this.rates) : NO_FAULTS
      const log = new MemoryLog(this.broker, this.clock, plan)
      const task = this.createTask(log, this.input(partition))
      const ended = task.run().catch((error: unknown) => error)
      const usurpedMs = life <= FAULTY_LIVES && random.next() < 0.3 ? random.below(60) : Number.POSITIVE_INFINITY
      const outcome = await Promise.race([ended, this.watch(task, usurpedMs)])
      if (outcome === 'usurped') zombies.push(ended.then((error) => this.judge(error)))
      else if (outcome === 'finished') {
        task.stop()
        const failure = await ended
        if (failure === undefined) {
          await Promise.all(zombies)
          while (!this.broker.isStable(taskIdOf(task.input))) await this.clock.wait(1)
          return digestOf(task.stores)
        }
        this.judge(failure)
      } else this.judge(outcome)
    }
  }

  private createTask(log: MemoryLog, input: TopicPartition): Task<S> {
    const { clock, scenario, disk } = this
    const { processor } = scenario
    const { name, semanticsVersion } = processor.topology
    const identity = { topology: name, semanticsVersion, ...input, stateKeyId: 'test', createdBy: 'simulation' }
    const processClock = { nowMs: () => clock.nowMs(), wait: (delayMs: number) => log.process.wait(delayMs) }
    const checkpoints = new Checkpointing<S>({
      files: disk.of(log.process),
      identity,
      create: () => processor.topology.createStores(input.partition),
      sections: (stores) => stores.sections,
      clock,
      intervalMs: 40,
      intervalRecords: 25,
    })
    return new Task({
      applicationId: APPLICATION,
      input,
      log,
      processor,
      checkpoints,
      clock: processClock,
      fetchBytesMax: 600,
      fetchWaitMs: 10,
      retryBackoffMs: 5,
    })
  }

  private async watch(task: Task<S>, usurpedMs: number): Promise<'finished' | 'usurped'> {
    const { broker, clock } = this
    const { input } = task
    for (const untilMs = clock.nowMs() + usurpedMs; clock.nowMs() < untilMs; ) {
      if (!this.sending && task.committedOffset === broker.bounds(input).endOffset) return 'finished'
      if (clock.nowMs() > BEGIN_MS + RUN_MS_MAX) {
        throw new Error(`LAW-C3: after ${RUN_MS_MAX} ms offset ${task.committedOffset} is committed, not the end`)
      }
      await clock.wait(POLL_MS)
    }
    return 'usurped'
  }

  /** A life may end by a crash or because another one owns the task; anything else is a finding. */
  private judge(error: unknown): void {
    const code = error instanceof StreamsError ? error.code : ''
    if (code === 'SIMULATED_CRASH') this.crashes++
    else if (code === 'TASK_FENCED') this.fencings++
    else throw error
  }

  private observe(at: TopicPartition, digest: string): Observed {
    const { scenario, broker } = this
    const log = logBytes(broker, at)
    const { stores, ...expected } = referenceRun(scenario.processor, at, log)
    const outputs = scenario.outputTopics.map((topic) => {
      return [topic, decodeRecords(logBytes(broker, { topic, partition: at.partition }))] as const
    })
    return {
      partition: at.partition,
      input: decodeRecords(log),
      acknowledged: this.acknowledged[at.partition] ?? [],
      outputs: new Map(outputs),
      committedOffset: broker.committed(taskIdOf(at))?.offset ?? 0,
      endOffset: broker.bounds(at).endOffset,
      digest,
      expected: { ...expected, digest: digestOf(stores) },
      dispositionOf: scenario.dispositionOf,
    }
  }

  private input(partition: number): TopicPartition {
    return { topic: this.scenario.processor.topology.source, partition }
  }

  private plan(random: SeededRandom, rates: FaultRates): SeededFaults {
    const plan = new SeededFaults(random.fork(), rates, 12)
    this.plans.push(plan)
    return plan
  }
}

/** The id under which the broker knows a task. */
function taskIdOf({ topic, partition }: TopicPartition): string {
  return `task ${APPLICATION} ${topic}-${partition}`
}

const NO_CRASH: FaultRates = { 'crash-before': 0, 'crash-after': 0 }

/** Some runs are rougher than others; none is so quiet that nothing would be hit in flight. */
function drawRates(random: SeededRandom): FaultRates {
  const rate = (least: number, most: number) => least + random.next() * (most - least)
  return {
    lost: rate(0.03, 0.06),
    unanswered: rate(0.03, 0.06),
    belated: rate(0.03, 0.06),
    repeated: rate(0.02, 0.05),
    slow: rate(0.01, 0.2),
    'crash-before': rate(0.005, 0.025),
    'crash-after': rate(0.005, 0.025),
  }
}

/** What can be freed is freed first: when that happens is no part of the state. */
function digestOf(stores: SimulatedStores | null): string {
  if (stores === null) return 'no state'
  stores.expire(true)
  return stores.digest()
}
