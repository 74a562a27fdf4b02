import { setTimeout as pause } from 'node:timers/promises'
import { PARTITIONS } from '../../bin/runtime/session.ts'
import type { Kafka } from '../../stack/kafka/kafka.ts'
import type { ClusterProgress } from './cluster-progress.ts'
import type { Crew, CrewWorker } from './crew.ts'
import type { PlannedFault } from './fault-plan.ts'
import type { Feeder, ForeignProducer } from './producers.ts'

/** Partitions that moved, and the stretch of time in which their inputs may have had to wait for it. */
export interface Move {
  readonly kind: 'hand-over' | 'replacement'
  readonly fromMs: number
  readonly untilMs: number
  readonly partitions: readonly number[]
}

export interface SystemUnderTest {
  readonly kafka: Kafka
  readonly crew: Crew
  readonly feeder: Feeder
  readonly foreign: ForeignProducer
  readonly progress: ClusterProgress
}

const RESTARTED_WITHIN_MS = 1_500
const SETTLED_WITHIN_MS = 240_000
/** So long a kill waits for its victim to have work: one of an idle worker proves less. */
const WORK_WITHIN_MS = 1_000
/** So long after a move its inputs are looked at. */
const WATCHED_MS = 2_500

/** Does to a system what a plan says, one fault at a time, and keeps count. */
export class Faults {
  readonly moves: Move[] = []
  /** Kills of workers that fired, and in how many of them input waited or was being decided. */
  kills = 0
  killsInFlight = 0
  inFlightRecords = 0
  brokerKills = 0
  producerKills = 0
  private readonly system: SystemUnderTest
  private turn = 0
  private brokerTurn = 0
  private foreignTurn = 0
  private returning: Promise<void> = Promise.resolve()

  constructor(system: SystemUnderTest) {
    this.system = system
  }

  /** Resolves with what was done, in words, once the system was left to itself again. */
  async commit(fault: PlannedFault): Promise<string> {
    switch (fault.name) {
      case 'kill':
        return this.kill(fault.chance)
      case 'death':
        return this.death()
      case 'members':
        return this.members()
      case 'machine':
        return this.machine()
      case 'producer':
        await this.system.feeder.kill()
        this.producerKills++
        await this.system.feeder.start()
        return 'kill -9 of the producer; the next one goes on'
      case 'foreign':
        return `a foreign transaction, ${await this.system.foreign.transact(this.foreignTurn++ % 2 === 0 ? 'abort' : 'commit')}`
      case 'broker':
        return this.broker()
      case 'rolling':
        return this.rolling()
    }
  }

  /** Resolves when every worker runs and each partition has one. */
  async settled(): Promise<void> {
    const { crew } = this.system
    await this.returning
    await crew.until('sharing the partitions out', SETTLED_WITHIN_MS, () => {
      return (
        crew.workers.every(({ running, partitions }) => running && partitions.length > 0) && crew.ownEach(PARTITIONS)
      )
    })
  }

  private async kill(chance: number): Promise<string> {
    const victim = await this.nextVictim()
    const waiting = await this.killWorker(victim)
    const downMs = Math.round(chance * RESTARTED_WITHIN_MS)
    this.returning = pause(downMs).then(() => victim.start())
    return `kill -9 of ${victim.name}, ${waiting} records in flight; back after ${downMs} ms`
  }

  private async death(): Promise<string> {
    const { crew } = this.system
    await this.settled()
    const victim = await this.nextVictim()
    const { partitions } = victim
    const fromMs = Date.now()
    const waiting = await this.killWorker(victim)
    await crew.until(`replacing ${victim.name}`, SETTLED_WITHIN_MS, () => crew.ownEach(PARTITIONS))
    const tookMs = Date.now() - fromMs
    await pause(WATCHED_MS)
    this.moves.push({ kind: 'replacement', fromMs, untilMs: Date.now(), partitions })
    victim.start()
    return `kill -9 of ${victim.name}, ${waiting} records in flight; replaced after ${tookMs} ms, and back`
  }

  private async members(): Promise<string> {
    const { crew } = this.system
    await this.settled()
    const fromMs = Date.now()
    const fifth = crew.add('fifth')
    await crew.until('the fifth worker’s share', SETTLED_WITHIN_MS, () => {
      const share = Math.floor(PARTITIONS / crew.workers.length)
      return fifth.partitions.length >= share && crew.ownEach(PARTITIONS)
    })
    await pause(WATCHED_MS)
    const joined = fifth.partitions
    const leavesMs = Date.now()
    this.moves.push({ kind: 'hand-over', fromMs, untilMs: leavesMs, partitions: joined })
    await fifth.leave()
    crew.workers.pop()
    await crew.until('taking over from a worker that left', SETTLED_WITHIN_MS, () => crew.ownEach(PARTITIONS))
    await pause(WATCHED_MS)
    this.moves.push({ kind: 'hand-over', fromMs: leavesMs, untilMs: Date.now(), partitions: joined })
    return `a fifth worker took ${joined.length} partitions and handed them back`
  }

  private async machine(): Promise<string> {
    const victim = await this.nextVictim()
    const waiting = await this.killWorker(victim)
    victim.wipe()
    victim.start()
    return `kill -9 of ${victim.name}, ${waiting} records in flight; its folder deleted, and started anew`
  }

  private async broker(): Promise<string> {
    const { brokers } = this.system.kafka
    const broker = brokers[this.brokerTurn++ % brokers.length]
    if (broker === undefined) throw new Error('a cluster has brokers')
    await this.system.progress.untilInSync(SETTLED_WITHIN_MS)
    await broker.kill()
    this.brokerKills++
    await broker.restart()
    return `kill -9 of ${broker.name}, and it is back`
  }

  private async rolling(): Promise<string> {
    for (const broker of this.system.kafka.brokers) {
      await this.system.progress.untilInSync(SETTLED_WITHIN_MS)
      await broker.restart()
    }
    return `each of ${this.system.kafka.brokers.length} brokers stopped and started again`
  }

  /** The next worker in turn, once it has partitions again. */
  private async nextVictim(): Promise<CrewWorker> {
    const { crew } = this.system
    await this.returning
    const victim = crew.workers[this.turn++ % crew.workers.length]
    if (victim === undefined) throw new Error('a crew has workers')
    await crew.until(`${victim.name} at work`, SETTLED_WITHIN_MS, () => victim.running && victim.partitions.length > 0)
    return victim
  }

  /** How much of the input that was there before the kill its owner left undecided; the kill comes when it has work. */
  private async killWorker(victim: CrewWorker): Promise<number | 'unknown'> {
    const { partitions } = victim
    const { progress } = this.system
    let ends = await progress.ends()
    for (
      const untilMs = performance.now() + WORK_WITHIN_MS;
      performance.now() < untilMs;
      ends = await progress.ends()
    ) {
      const left = undecided(partitions, ends, await progress.committed())
      if (left === 'unknown' || left > 0) break
    }
    await victim.kill()
    this.kills++
    const waiting = undecided(partitions, ends, await progress.committed())
    if (waiting === 'unknown') return waiting
    if (waiting > 0) this.killsInFlight++
    this.inFlightRecords += waiting
    return waiting
  }
}

type Offsets = ReadonlyMap<number, number> | null

function undecided(partitions: readonly number[], ends: Offsets, committed: Offsets): number | 'unknown' {
  if (ends === null || committed === null) return 'unknown'
  const left = partitions.map((partition) => (ends.get(partition) ?? 0) - (committed.get(partition) ?? 0))
  return left.reduce((sum, records) => sum + Math.max(0, records), 0)
}
