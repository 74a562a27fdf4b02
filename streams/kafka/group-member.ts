import { consumerGroupHeartbeatV1 } from '@platformatic/kafka'
import { StreamsError } from '../errors.ts'
import { requestFailed } from './broker-errors.ts'
import type { Cluster } from './cluster.ts'
import type { GroupMemberIdentity } from './group-offsets.ts'
import {
  type Heartbeat,
  hasNews,
  heartbeatOf,
  joining,
  LEAVE_EPOCH,
  type MemberEvent,
  type MemberPhase,
  type Membership,
  nextMembership,
  surplus,
} from './membership.ts'

/** Where a member's identity outlives its process, so that it gets its partitions back at once after a crash. */
export interface MemberStore {
  load(): GroupMemberIdentity | null
  save(identity: GroupMemberIdentity): void
  /** After a farewell: the group has forgotten this member. */
  clear(): void
}

export interface GroupMemberOptions {
  readonly cluster: Cluster
  readonly groupId: string
  /** The one topic whose partitions are shared out. */
  readonly topic: string
  readonly store: MemberStore
  /** A new id for a member that the store knows nothing of. */
  readonly newMemberId: () => string
  /** How long the group waits for partitions that it takes away; longer than any drain and checkpoint. */
  readonly rebalanceTimeoutMs: number
  /** Begins a partition's task. */
  readonly open: (partition: number) => void
  /** Drains, commits and closes a partition's task; resolves when nothing of it runs any more. */
  readonly close: (partition: number) => Promise<void>
  /** Told of every error that the membership survives. */
  readonly onError?: (error: StreamsError) => void
}

const PURPOSE = 'member'
/** Until the coordinator has said how often. */
const FIRST_INTERVAL_MS = 1_000
const RETRY_PAUSE_MS = 200
/** Nobody waits longer for a farewell; without one the session time-out ends the membership. */
const FAREWELL_WITHIN_MS = 3_000

/** Keeps one member of a group alive: sends what `membership.ts` says, and opens and closes tasks by it. */
export class GroupMember {
  private readonly options: GroupMemberOptions
  private readonly memberId: string
  private membership: Membership
  private readonly opened = new Set<number>()
  private readonly closing = new Set<number>()
  private intervalMs = FIRST_INTERVAL_MS
  private dueMs = 0
  private farewellUntilMs = Number.POSITIVE_INFINITY
  private wake = () => {}

  constructor(options: GroupMemberOptions) {
    this.options = options
    const kept = options.store.load()
    this.memberId = kept?.memberId ?? options.newMemberId()
    this.membership = joining(kept?.memberEpoch)
  }

  get phase(): MemberPhase {
    return this.membership.phase
  }

  /** As offset requests name it now. @throws StreamsError NOT_A_MEMBER (fenced) while the group does not know it. */
  requireIdentity(): GroupMemberIdentity {
    const { epoch, phase } = this.membership
    if (epoch > 0 && phase !== 'JOINING') return { memberId: this.memberId, memberEpoch: epoch }
    throw new StreamsError('NOT_A_MEMBER', 'fenced', 'this process is no member of its group now; it writes nothing')
  }

  /** Lives until `stop` was asked for and everything is handed over. Rejects with what another try cannot cure. */
  async run(): Promise<void> {
    while (this.membership.phase !== 'LEFT') {
      this.reconcile()
      const heartbeat = heartbeatOf(this.membership)
      const waitMs = this.dueMs - performance.now()
      if (heartbeat === null) await this.woken(Number.POSITIVE_INFINITY)
      else if (waitMs > 0 && !hasNews(this.membership)) await this.woken(waitMs)
      else await this.send(heartbeat)
    }
    this.options.cluster.closePurpose(PURPOSE)
  }

  /** Asks the member to close its tasks and leave; `run` resolves then. */
  stop(): void {
    if (this.membership.phase !== 'LEFT') this.happened({ event: 'stop' })
  }

  private async send(heartbeat: Heartbeat): Promise<void> {
    const { groupId, cluster, onError } = this.options
    if (heartbeat.epoch === LEAVE_EPOCH) return this.farewell()
    this.dueMs = performance.now() + this.intervalMs
    try {
      const answer = await this.ask(heartbeat)
      this.intervalMs = answer.heartbeatIntervalMs
      const assignment = answer.assignment === null ? null : await this.ofOurTopic(answer.assignment.topicPartitions)
      this.happened({ event: 'answered', epoch: answer.memberEpoch, assignment, told: heartbeat.owned })
    } catch (cause) {
      const error = requestFailed('ConsumerGroupHeartbeat', cause, { topic: this.options.topic })
      if (error.next === 'stop') throw error
      onError?.(error)
      if (error.next === 'fenced') {
        // What the group still believes of this id would have to time out before the id may join anew.
        await this.ask({ epoch: LEAVE_EPOCH, full: false, owned: null }).catch(() => {})
        this.happened({ event: 'fenced' })
        return
      }
      cluster.forgetCoordinator('group', groupId)
      this.happened({ event: 'unanswered' })
      await this.woken(RETRY_PAUSE_MS)
    }
  }

  private async farewell(): Promise<void> {
    const { cluster, groupId, onError } = this.options
    if (this.farewellUntilMs === Number.POSITIVE_INFINITY) this.farewellUntilMs = performance.now() + FAREWELL_WITHIN_MS
    try {
      await this.ask({ epoch: LEAVE_EPOCH, full: false, owned: null })
      this.happened({ event: 'left' })
    } catch (cause) {
      const error = requestFailed('ConsumerGroupHeartbeat', cause, { topic: this.options.topic })
      const again = error.next === 'retry' || error.next === 'abort'
      if (again && performance.now() < this.farewellUntilMs) {
        cluster.forgetCoordinator('group', groupId)
        await this.woken(RETRY_PAUSE_MS)
        return
      }
      if (error.next !== 'fenced') onError?.(error)
      this.happened({ event: 'left' })
    }
  }

  private async ask({ epoch, full, owned }: Heartbeat) {
    const { cluster, groupId, topic, rebalanceTimeoutMs } = this.options
    const topicPartitions =
      owned === null ? null : owned.length === 0 ? [] : [{ topicId: await this.topicId(), partitions: [...owned] }]
    return cluster.call(
      await cluster.coordinator('group', groupId),
      PURPOSE,
      consumerGroupHeartbeatV1.api,
      groupId,
      this.memberId,
      epoch,
      null,
      null,
      full ? rebalanceTimeoutMs : -1,
      full ? [topic] : null,
      null,
      null,
      topicPartitions,
    )
  }

  /** The partitions of our topic. One that was deleted and made again has another id. */
  private async ofOurTopic(assigned: readonly { topicId: string; partitions: number[] }[]): Promise<number[]> {
    const { cluster, topic } = this.options
    let topicId = await this.topicId()
    if (assigned.some((one) => one.topicId !== topicId)) {
      await cluster.refresh(topic)
      topicId = await this.topicId()
    }
    return assigned.filter((one) => one.topicId === topicId).flatMap(({ partitions }) => partitions)
  }

  private async topicId(): Promise<string> {
    return (await this.options.cluster.topic(this.options.topic)).topicId
  }

  private happened(event: MemberEvent): void {
    const { store } = this.options
    const { epoch } = this.membership
    this.membership = nextMembership(this.membership, event)
    if (this.membership.phase === 'LEFT') store.clear()
    else if (this.membership.epoch !== epoch) {
      store.save({ memberId: this.memberId, memberEpoch: this.membership.epoch })
    }
    this.wake()
  }

  /** Makes the tasks what the membership says. */
  private reconcile(): void {
    const { owned, target } = this.membership
    for (const partition of owned) {
      if (!target.includes(partition) || this.opened.has(partition)) continue
      this.opened.add(partition)
      this.options.open(partition)
    }
    for (const partition of surplus(this.membership)) {
      if (!this.closing.has(partition)) void this.closeTask(partition)
    }
  }

  private async closeTask(partition: number): Promise<void> {
    this.closing.add(partition)
    await this.options.close(partition)
    this.closing.delete(partition)
    this.opened.delete(partition)
    this.happened({ event: 'released', partitions: [partition] })
  }

  /** Waits until something has happened, at most `withinMs`. */
  private woken(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = Number.isFinite(withinMs) ? setTimeout(() => this.wake(), withinMs) : null
      this.wake = () => {
        if (timer !== null) clearTimeout(timer)
        this.wake = () => {}
        resolve()
      }
    })
  }
}
