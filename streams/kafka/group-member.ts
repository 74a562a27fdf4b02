import { consumerGroupDescribeV0, consumerGroupHeartbeatV1 } from '@platformatic/kafka'
import { StreamsError } from '../errors.ts'
import type { TopicPartition } from '../log/log.ts'
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
  /** The topics whose partitions are shared out; every member of a group names the same. */
  readonly topics: readonly string[]
  readonly store: MemberStore
  /** A new id for a member that the store knows nothing of. */
  readonly newMemberId: () => string
  /** How long the group waits for partitions that it takes away; longer than any drain and checkpoint. */
  readonly rebalanceTimeoutMs: number
  /** Begins a partition's task. */
  readonly open: (input: TopicPartition) => void
  /** Drains, commits and closes a partition's task; resolves when nothing of it runs any more. */
  readonly close: (input: TopicPartition) => Promise<void>
  /** Told of every error that the membership survives. */
  readonly onError?: (error: StreamsError) => void
}

/** Partitions as the protocol names them. */
interface IdPartitions {
  readonly topicId: string
  readonly partitions: number[]
}

const PURPOSE = 'member'
/** Until the coordinator has said how often. */
const FIRST_INTERVAL_MS = 1_000
/**
 * Between two heartbeats a member looks whether the group has changed (ADR 0074), more seldom where many look, since each is told of all.
 */
const LOOK_EVERY_MS = 100
const LOOK_EVERY_MS_A_MEMBER = 10
/**
 * A new epoch says that partitions move, not when: their owners have to close them first. Until they have, a member then asks more often
 * than the coordinator demands, so that a partition that was let go of waits for nobody.
 */
const MOVING_INTERVAL_MS = 50
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
  private lookAtMs = 0
  private looking = false
  /** The group has something else for this member than it owns, as far as it knows. */
  private moving = false
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

  /** Whether the group has said what this member owns, and that is open. */
  get settled(): boolean {
    const { phase } = this.membership
    return phase === 'STABLE' || phase === 'HANDING_OVER'
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
      else if (waitMs > 0 && !hasNews(this.membership)) await this.rest(waitMs)
      else await this.send(heartbeat)
    }
    this.options.cluster.closePurpose(PURPOSE)
  }

  /** Asks the member to close its tasks and leave; `run` resolves then. */
  stop(): void {
    if (this.membership.phase !== 'LEFT') this.happened({ event: 'stop' })
  }

  /** Until the next heartbeat is due or something has happened; looks meanwhile when it is time to. */
  private async rest(waitMs: number): Promise<void> {
    if (!this.looking && performance.now() >= this.lookAtMs) void this.look()
    await this.woken(this.looking ? waitMs : Math.min(waitMs, this.lookAtMs - performance.now()))
  }

  /** Makes the next heartbeat due when the group has another epoch or another number of partitions for this member than it knows, or has forgotten it. */
  private async look(): Promise<void> {
    const { cluster, groupId } = this.options
    this.looking = true
    try {
      const coordinator = await cluster.coordinator('group', groupId)
      const { groups } = await cluster.call(coordinator, PURPOSE, consumerGroupDescribeV0.api, [groupId], false)
      const { groupEpoch = -1, members = [] } = groups[0] ?? {}
      const { epoch, owned } = this.membership
      const target = members.find(({ memberId }) => memberId === this.memberId)?.targetAssignment.topicPartitions
      this.moving = target === undefined || groupEpoch !== epoch || countOf(target) !== owned.length
      if (this.moving) this.dueMs = 0
      const pauseMs = LOOK_EVERY_MS + LOOK_EVERY_MS_A_MEMBER * members.length
      this.lookAtMs = performance.now() + (this.moving ? MOVING_INTERVAL_MS : pauseMs)
    } catch {
      // A heartbeat meets the same trouble and knows what to do, or shows that there is none.
      this.dueMs = 0
      this.lookAtMs = performance.now() + LOOK_EVERY_MS
    }
    this.looking = false
    this.wake()
  }

  private async send(heartbeat: Heartbeat): Promise<void> {
    const { groupId, cluster, onError } = this.options
    if (heartbeat.epoch === LEAVE_EPOCH) return this.farewell()
    const askedMs = performance.now()
    this.dueMs = askedMs + this.intervalMs
    try {
      const answer = await this.ask(heartbeat)
      if (answer.memberEpoch !== this.membership.epoch) this.moving = true
      this.intervalMs = answer.heartbeatIntervalMs
      this.dueMs = askedMs + (this.moving ? MOVING_INTERVAL_MS : this.intervalMs)
      const assignment = answer.assignment === null ? null : await this.placesOf(answer.assignment.topicPartitions)
      this.happened({ event: 'answered', epoch: answer.memberEpoch, assignment, told: heartbeat.owned })
    } catch (cause) {
      const error = requestFailed('ConsumerGroupHeartbeat', cause, {})
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
      const error = requestFailed('ConsumerGroupHeartbeat', cause, {})
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
    const { cluster, groupId, topics, rebalanceTimeoutMs } = this.options
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
      full ? [...topics] : null,
      null,
      null,
      owned === null ? null : await this.partitionsAt(owned),
    )
  }

  /** Places as the protocol names them: partitions by the id of their topic. */
  private async partitionsAt(places: readonly number[]): Promise<IdPartitions[]> {
    if (places.length === 0) return []
    const ids = await this.topicIds()
    const byTopic = Map.groupBy(places, (place) => place % ids.length)
    return [...byTopic].map(([at, theirs]) => {
      return { topicId: ids[at] as string, partitions: theirs.map((place) => this.inputAt(place).partition) }
    })
  }

  /** The places of what is assigned, in our topics. One that was deleted and made again has another id. */
  private async placesOf(assigned: readonly IdPartitions[]): Promise<number[]> {
    const { cluster, topics } = this.options
    let ids = await this.topicIds()
    if (assigned.some(({ topicId }) => !ids.includes(topicId))) {
      await Promise.all(topics.map((topic) => cluster.refresh(topic)))
      ids = await this.topicIds()
    }
    return assigned
      .filter(({ topicId }) => ids.includes(topicId))
      .flatMap(({ topicId, partitions }) => partitions.map((one) => one * ids.length + ids.indexOf(topicId)))
  }

  private async topicIds(): Promise<string[]> {
    const { cluster, topics } = this.options
    const known = await Promise.all(topics.map((topic) => cluster.topic(topic)))
    return known.map(({ topicId }) => topicId)
  }

  /** The membership counts places: partition 0 of each topic, then partition 1 of each, and so on. */
  private inputAt(place: number): TopicPartition {
    const { topics } = this.options
    return { topic: topics[place % topics.length] as string, partition: Math.floor(place / topics.length) }
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
    for (const place of owned) {
      if (!target.includes(place) || this.opened.has(place)) continue
      this.opened.add(place)
      this.options.open(this.inputAt(place))
    }
    for (const place of surplus(this.membership)) {
      if (!this.closing.has(place)) void this.closeTask(place)
    }
  }

  private async closeTask(place: number): Promise<void> {
    this.closing.add(place)
    await this.options.close(this.inputAt(place))
    this.closing.delete(place)
    this.opened.delete(place)
    this.happened({ event: 'released', partitions: [place] })
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

function countOf(assignment: readonly IdPartitions[]): number {
  return assignment.reduce((count, { partitions }) => count + partitions.length, 0)
}
