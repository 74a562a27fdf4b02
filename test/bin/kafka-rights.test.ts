import { readFileSync } from 'node:fs'
import { consumerGroupDescribeV0 } from '@platformatic/kafka'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { ARCHIVE_APPLICATION_PREFIX, RIGHTS, type Role } from '../../bin/runtime/kafka-rights.ts'
import { APPLICATION_ID, INPUT_TOPIC, RULES_APPLICATION_ID } from '../../bin/runtime/session.ts'
import { TASK_TOPICS } from '../../bin/runtime/topic-settings.ts'
import { OTP_GROUP } from '../../otp/delivery-sink.ts'
import { ALERTS_GROUP } from '../../redis-alerts/alerts-group.ts'
import { hookGroup } from '../../redis-alerts/hooks/hook.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { GroupMember } from '../../streams/kafka/group-member.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import type { KafkaOptions } from '../../streams/kafka/kafka-options.ts'
import { openProducerSession } from '../../streams/kafka/producer-session.ts'
import { TopicAdmin } from '../../streams/kafka/topic-admin.ts'
import { batchOf, recordsIn } from '../streams/log/text-records.ts'
import { onRealParts } from '../support/real-parts.ts'

// Goal: each principal can do its own work on a cluster that denies by default, over TLS, and nothing of another's.
const START_MS = 600_000
/** Who has which role; `admin` itself is the cluster's super user. */
const USERS: Readonly<Record<Role, string>> = {
  producer: 'producer',
  worker: 'worker',
  reader: 'reader',
  alerter: 'alerter',
  archiver: 'archiver',
  api: 'api',
  hooks: 'hooks',
  admin: 'operator',
}
const DECIDED = { topic: TOPICS.paymentsDecided.name, partition: 0 }
const ALERTS = { topic: TOPICS.fraudAlerts.name, partition: 0 }
const ACTIONS = { topic: TOPICS.fraudActions.name, partition: 0 }
const DELIVERIES = { topic: TOPICS.hooksDeliveries.name, partition: 0 }
const CLAIMS = { topic: TOPICS.apiClaims.name, partition: 0 }
const CODES = { topic: TOPICS.otpDeliveries.name, partition: 0 }
const AUDIT = { topic: TOPICS.auditEvents.name, partition: 0 }
const DEAD_LETTERS = { topic: TOPICS.paymentsDlq.name, partition: 0 }
const SUBMITTED = { topic: INPUT_TOPIC, partition: 0 }
const REFUSED = { code: expect.stringMatching(/^KAFKA_(?:TOPIC|CLUSTER)_AUTHORIZATION_FAILED$/), next: 'stop' }

await onRealParts(['kafka'], 'rights on a cluster', () => {
  vi.setConfig({ testTimeout: START_MS })
  let kafka: Kafka
  const logs: KafkaLog[] = []

  const as = (user: string, password = `${user}-secret`): KafkaOptions => ({
    bootstrapServers: kafka.bootstrap,
    clientId: user,
    tls: { ca: readFileSync(kafka.security!.authority.certificateFile, 'utf8') },
    sasl: { mechanism: 'SCRAM-SHA-512', username: user, password },
  })
  const logOf = (user: string) => {
    const log = new KafkaLog({ kafka: as(user) })
    logs.push(log)
    return log
  }
  const send = async (user: string, at: typeof SUBMITTED) => {
    const session = await openProducerSession(as(user), null)
    try {
      return await session.append(batchOf(at, ['one']), 0)
    } finally {
      await session.close()
    }
  }
  const read = async (user: string, at: typeof SUBMITTED) => {
    const reader = logOf(user).openReader(at, 0)
    return recordsIn((await reader.fetch(1 << 20, 5_000)).bytes).map(({ text }) => text)
  }

  beforeAll(async () => {
    kafka = await startKafka({
      users: Object.fromEntries(Object.values(USERS).map((user) => [user, `${user}-secret`])),
    })
    const admin = await TopicAdmin.open(as('admin', 'admin-secret'), 1)
    for (const [role, user] of Object.entries(USERS)) await admin.allow(`User:${user}`, RIGHTS[role as Role])
    await admin.close()
    const operator = await TopicAdmin.open(as('operator'), 1)
    const reports = await operator.createAndVerify(Object.values(TOPICS))
    await operator.close()
    expect(reports.every(({ created, deviations }) => created && deviations.length === 0)).toBe(true)
  }, START_MS)
  afterAll(async () => {
    for (const log of logs) await log.close()
    await kafka?.stop()
  }, START_MS)

  test('SPEC R4: a producer verifies and writes the input, and neither reads it nor writes decisions', async () => {
    const admin = await TopicAdmin.open(as('producer'), 1)
    await admin.requireUsable([TOPICS.paymentsSubmitted])
    await admin.close()
    expect(await send('producer', SUBMITTED)).toMatchObject({ baseOffset: 0 })
    await expect(send('producer', DECIDED)).rejects.toMatchObject(REFUSED)
    await expect(read('producer', SUBMITTED)).rejects.toMatchObject({ next: 'stop' })
  })

  test('SPEC R4: a worker verifies its topics, commits decisions and offsets; it cannot make up payments; a reader reads decisions alone', async () => {
    const admin = await TopicAdmin.open(as('worker'), 1)
    await admin.requireUsable(TASK_TOPICS)
    await admin.close()
    await send('producer', SUBMITTED)
    expect((await read('worker', SUBMITTED)).length).toBeGreaterThan(0)
    const session = await logOf('worker').openTask(APPLICATION_ID, SUBMITTED)
    session.begin()
    await session.append([batchOf(DECIDED, ['decided'])])
    await session.sendOffset({ offset: 1, metadata: '' })
    await session.end()
    await session.close()
    await expect(send('worker', SUBMITTED)).rejects.toMatchObject(REFUSED)
    expect(await read('reader', DECIDED)).toEqual(['decided'])
    expect(await read('operator', DECIDED)).toEqual(['decided'])
    for (const user of ['reader', 'operator']) await expect(send(user, DECIDED)).rejects.toMatchObject(REFUSED)
    await expect(read('reader', SUBMITTED)).rejects.toMatchObject({ next: 'stop' })
  })

  test('SPEC R4: an alerter reads alerts, commits its own offsets and writes dead letters, and nothing else', async () => {
    expect(await read('alerter', ALERTS)).toEqual([])
    const group = logOf('alerter').group(ALERTS_GROUP)
    await group.commit(ALERTS, { offset: 0, metadata: '' })
    expect(await group.committed(ALERTS)).toMatchObject({ offset: 0 })
    expect(await send('alerter', DEAD_LETTERS)).toMatchObject({ baseOffset: 0 })
    for (const at of [ALERTS, DECIDED, SUBMITTED]) await expect(send('alerter', at)).rejects.toMatchObject(REFUSED)
    for (const at of [DECIDED, SUBMITTED]) await expect(read('alerter', at)).rejects.toMatchObject({ next: 'stop' })
  })

  test('SPEC B2: an archiver reads what it archives, commits offset and dead letter in one transaction, and nothing else', async () => {
    for (const at of [ALERTS, DECIDED]) await expect(read('archiver', at)).resolves.toBeDefined()
    const session = await logOf('archiver').openTask(`${ARCHIVE_APPLICATION_PREFIX}-shop-sluice`, DECIDED)
    session.begin()
    await session.append([batchOf(DEAD_LETTERS, ['refused'])])
    await session.sendOffset({ offset: 0, metadata: 'position' })
    await session.end()
    expect(await session.committed()).toEqual({ offset: 0, metadata: 'position' })
    await session.close()
    for (const at of [DECIDED, ALERTS, SUBMITTED]) await expect(send('archiver', at)).rejects.toMatchObject(REFUSED)
    await expect(read('archiver', SUBMITTED)).rejects.toMatchObject({ next: 'stop' })
    await expect(logOf('archiver').openTask(APPLICATION_ID, DECIDED)).rejects.toMatchObject({ next: 'stop' })
  })

  test('SPEC R4: an API writes payments, which it cannot read, claims and codes, which it can, and reads what became of them, and nothing else', async () => {
    for (const at of [SUBMITTED, AUDIT]) {
      expect(await send('api', at)).toMatchObject({ baseOffset: expect.any(Number) })
      await expect(read('api', at)).rejects.toMatchObject({ next: 'stop' })
    }
    for (const at of [CLAIMS, CODES]) {
      expect(await send('api', at)).toMatchObject({ baseOffset: 0 })
      expect(await read('api', at)).toEqual(['one'])
    }
    for (const at of [DECIDED, DEAD_LETTERS]) await expect(read('api', at)).resolves.toBeDefined()
    for (const at of [DECIDED, ALERTS, DEAD_LETTERS]) await expect(send('api', at)).rejects.toMatchObject(REFUSED)
    await expect(read('api', ALERTS)).rejects.toMatchObject({ next: 'stop' })
    const codes = logOf('api').group(OTP_GROUP)
    await codes.commit(CODES, { offset: 1, metadata: '' })
    expect(await codes.committed(CODES)).toMatchObject({ offset: 1 })
    const tasks = logOf('api').group(APPLICATION_ID)
    await expect(tasks.committed(SUBMITTED)).resolves.toBeDefined()
    await expect(tasks.commit(SUBMITTED, { offset: 0, metadata: '' })).rejects.toMatchObject({ next: 'stop' })
    await expect(logOf('api').openTask(APPLICATION_ID, SUBMITTED)).rejects.toMatchObject({ next: 'stop' })
  })

  test('SPEC R4: hooks read actions and their own deliveries, commit their own offsets and write deliveries, and nothing else', async () => {
    expect(await read('hooks', ACTIONS)).toEqual([])
    const group = logOf('hooks').group(hookGroup('cards'))
    await group.commit(ACTIONS, { offset: 0, metadata: '' })
    expect(await group.committed(ACTIONS)).toMatchObject({ offset: 0 })
    expect(await send('hooks', DELIVERIES)).toMatchObject({ baseOffset: 0 })
    expect(await read('hooks', DELIVERIES)).toEqual(['one'])
    for (const at of [ACTIONS, DEAD_LETTERS]) await expect(send('hooks', at)).rejects.toMatchObject(REFUSED)
    for (const at of [ALERTS, SUBMITTED]) await expect(read('hooks', at)).rejects.toMatchObject({ next: 'stop' })
  })

  test('SPEC R4: a worker may look at its group, as it does between heartbeats', async () => {
    const { cluster } = logOf('worker')
    const member = new GroupMember({
      cluster,
      groupId: APPLICATION_ID,
      topics: [INPUT_TOPIC],
      store: { load: () => null, save: () => {}, clear: () => {} },
      newMemberId: () => 'looks-around',
      rebalanceTimeoutMs: 30_000,
      open: () => {},
      close: async () => {},
    })
    const ended = member.run()
    await vi.waitUntil(() => member.settled, { timeout: 30_000 })
    const coordinator = await cluster.coordinator('group', APPLICATION_ID)
    const look = cluster.call(coordinator, 'test', consumerGroupDescribeV0.api, [APPLICATION_ID], false)
    await expect(look).resolves.toMatchObject({ groups: [{ members: [{ memberId: 'looks-around' }] }] })
    member.stop()
    await ended
  })

  test('SPEC S6: an operator puts rules in force in a transaction of that name; a worker writes to the input in none', async () => {
    const change = async (user: string) => {
      const session = await logOf(user).openTask(RULES_APPLICATION_ID, SUBMITTED)
      session.begin()
      await session.append([batchOf(SUBMITTED, ['rules'])])
      await session.end()
      await session.close()
    }
    await change('operator')
    await expect(change('worker')).rejects.toMatchObject({ next: 'stop' })
  })

  test('SPEC R4: a wrong password is told at once, without it', async () => {
    const refused = openProducerSession(as('producer', 'guessed'), null)
    await expect(refused).rejects.toMatchObject({ code: 'KAFKA_SASL_AUTHENTICATION_FAILED', next: 'stop' })
    await expect(refused).rejects.not.toThrow('guessed')
  })
})
