import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import {
  ConfigResourceTypes,
  IncrementalAlterConfigOperationTypes,
  incrementalAlterConfigsV1,
} from '@platformatic/kafka'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Kafka, startKafka } from '../../../stack/kafka/kafka.ts'
import { GroupMember, type MemberStore } from '../../../streams/kafka/group-member.ts'
import type { GroupMemberIdentity } from '../../../streams/kafka/group-offsets.ts'
import { KafkaLog } from '../../../streams/kafka/kafka-log.ts'
import { batchOf } from '../log/text-records.ts'

// Goal: partitions go from one member to the other without ever having two owners, or none for long.
// Method: members over a real broker whose sessions end after 6 s; a "task" here is a mark that a partition is open.
const START_MS = 180_000
const PARTITIONS = [0, 1, 2, 3]
const SESSION_MS = 6_000

let kafka: Kafka
let groupId = ''
let topic = ''
let groups = 0
/** Which member has a partition open; the test fails when two have. */
const owners = new Map<number, string>()

beforeAll(async () => {
  kafka = await startKafka()
}, START_MS)
afterAll(() => kafka?.stop(), START_MS)

beforeEach(async () => {
  groupId = `group-${++groups}`
  topic = `in-${groups}`
  owners.clear()
  const log = openLog()
  await log.createTopics([{ topic, partitions: PARTITIONS.length, retentionMs: -1, retentionBytes: -1 }])
})

function openLog(member?: GroupMember): KafkaLog {
  const asker = member === undefined ? {} : { member: () => member.requireIdentity() }
  const log = new KafkaLog({ kafka: { bootstrapServers: kafka.bootstrap, clientId: 'test' }, ...asker })
  onTestFinished(() => log.close())
  return log
}

/** Outlives the member, as a file does. */
class KeptIdentity implements MemberStore {
  kept: GroupMemberIdentity | null = null

  load(): GroupMemberIdentity | null {
    return this.kept
  }

  save(identity: GroupMemberIdentity): void {
    this.kept = identity
  }

  clear(): void {
    this.kept = null
  }
}

/** A member in this process, and what its death would look like to the broker: silence. */
class TestMember {
  readonly member: GroupMember
  readonly open = new Set<number>()
  readonly survived: string[] = []
  readonly done: Promise<void>
  private readonly log = openLog()

  constructor(name: string, store: MemberStore = new KeptIdentity(), drainMs = 0) {
    this.member = new GroupMember({
      cluster: this.log.cluster,
      groupId,
      topics: [topic],
      store,
      newMemberId: randomUUID,
      rebalanceTimeoutMs: 30_000,
      open: ({ partition }) => {
        expect(owners.get(partition), `partition ${partition} has an owner`).toBeUndefined()
        owners.set(partition, name)
        this.open.add(partition)
      },
      close: async ({ partition }) => {
        await pause(drainMs)
        owners.delete(partition)
        this.open.delete(partition)
      },
      onError: (error) => this.survived.push(error.code),
    })
    this.done = this.member.run().catch(() => {})
  }

  /** kill -9, as the broker sees it. */
  async die(): Promise<void> {
    await this.log.close()
    for (const partition of this.open) owners.delete(partition)
  }
}

/** Sets the time between two heartbeats of a member, and a session that is longer. */
async function setHeartbeatInterval(intervalMs: number): Promise<void> {
  const { cluster } = openLog()
  const config = (name: string, ms: number) => ({
    name,
    configOperation: IncrementalAlterConfigOperationTypes.SET,
    value: String(ms),
  })
  const configs = [
    config('consumer.heartbeat.interval.ms', intervalMs),
    config('consumer.session.timeout.ms', 3 * intervalMs),
  ]
  const broker = await cluster.coordinator('group', groupId)
  const group = { resourceType: ConfigResourceTypes.GROUP, resourceName: groupId, configs }
  await cluster.call(broker, 'test', incrementalAlterConfigsV1.api, [group], false)
}

async function until(condition: () => boolean, withinMs: number): Promise<void> {
  const startMs = performance.now()
  while (!condition()) {
    if (performance.now() - startMs > withinMs) throw new Error(`not within ${withinMs} ms`)
    await pause(20)
  }
}

const all = (one: TestMember) => () => one.open.size === PARTITIONS.length
const shared = (one: TestMember, other: TestMember) => () => one.open.size === 2 && other.open.size === 2

describe('members of a group on Kafka', () => {
  test('SPEC X3: a second member gets half, once it is drained; the first gets it back at a farewell', {
    timeout: START_MS,
  }, async () => {
    const first = new TestMember('first', new KeptIdentity(), 300)
    await until(all(first), SESSION_MS * 3)
    const second = new TestMember('second')
    await until(shared(first, second), SESSION_MS * 3)
    second.member.stop()
    await second.done
    expect(second.member.phase).toBe('LEFT')
    // No time-out has to pass.
    await until(all(first), SESSION_MS - 1_000)
    first.member.stop()
    await first.done
    expect(owners.size).toBe(0)
  })

  test('SPEC X4: one that comes back under its identity has its partitions at once', {
    timeout: START_MS,
  }, async () => {
    const store = new KeptIdentity()
    const killed = new TestMember('killed', store)
    await until(all(killed), SESSION_MS * 3)
    const { kept } = store
    await killed.die()
    expect(kept?.memberEpoch).toBeGreaterThan(0)
    const again = new KeptIdentity()
    again.kept = kept
    const back = new TestMember('back', again)
    // Faster than its session ends: the group never missed it.
    await until(all(back), SESSION_MS - 1_000)
    expect(back.member.requireIdentity()).toEqual(kept)
    expect(back.survived).toEqual([])
    back.member.stop()
    await back.done
  })

  test('SPEC X3: one whose heartbeats are 15 s apart has what another leaves long before the next', {
    timeout: START_MS,
  }, async () => {
    await setHeartbeatInterval(15_000)
    const store = new KeptIdentity()
    const killed = new TestMember('killed', store)
    const leaver = new TestMember('leaver')
    await until(shared(killed, leaver), START_MS / 2)
    await killed.die()
    // Members ask often while partitions move; to one that comes back none does until the other leaves.
    const again = new KeptIdentity()
    again.kept = store.kept
    const back = new TestMember('back', again)
    await until(shared(back, leaver), SESSION_MS)
    leaver.member.stop()
    await leaver.done
    await until(all(back), 10_000)
    back.member.stop()
    await back.done
  })

  test('one with an epoch that the group never gave is fenced, and joins anew at once', {
    timeout: START_MS,
  }, async () => {
    const store = new KeptIdentity()
    const killed = new TestMember('killed', store)
    await until(all(killed), SESSION_MS * 3)
    await killed.die()
    const stale = new KeptIdentity()
    stale.kept = { memberId: store.kept?.memberId ?? '', memberEpoch: 99 }
    const back = new TestMember('back', stale)
    await until(all(back), SESSION_MS - 1_000)
    expect(back.survived).toEqual(['KAFKA_FENCED_MEMBER_EPOCH'])
    back.member.stop()
    await back.done
  })

  test('one that says nothing loses its partitions after the session time-out', { timeout: START_MS }, async () => {
    const silent = new TestMember('silent')
    const other = new TestMember('other')
    await until(shared(silent, other), SESSION_MS * 3)
    await silent.die()
    await until(all(other), SESSION_MS * 3)
    other.member.stop()
    await other.done
  })

  test('SPEC X3: who is no member takes nothing over and commits nothing; the owner goes on', {
    timeout: START_MS,
  }, async () => {
    const input = { topic, partition: 1 }
    const owner = new TestMember('owner')
    await until(all(owner), SESSION_MS * 3)
    const session = await openLog(owner.member).openTask(groupId, input)
    session.begin()
    const log = new KafkaLog({
      kafka: { bootstrapServers: kafka.bootstrap, clientId: 'stranger' },
      member: () => ({ memberId: 'never-joined', memberEpoch: 1 }),
    })
    onTestFinished(() => log.close())
    await expect(log.openTask(groupId, input)).rejects.toMatchObject({
      code: 'KAFKA_UNKNOWN_MEMBER_ID',
      next: 'fenced',
    })
    await session.append([batchOf({ topic, partition: 2 }, ['mine'])])
    await session.sendOffset({ offset: 1, metadata: 'm' })
    await session.end()
    expect(await session.committed()).toEqual({ offset: 1, metadata: 'm' })
    await session.close()
    owner.member.stop()
    await owner.done
    expect(() => owner.member.requireIdentity()).toThrow(expect.objectContaining({ next: 'fenced' }))
  })
})
