import { strict as assert } from 'node:assert'
import kafkajs, { Kafka as KafkaJs, logLevel } from 'kafkajs'
import { PARTITIONS } from '../../../bin/runtime/session.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import type { Row } from './row.ts'
import type { Stand } from './stand.ts'

// Node finds only some of kafkajs's exports by name.
const { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } = kafkajs

/** Everybody may do everything but what an ACL says. */
const AUTHORIZED = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'allow.everyone.if.no.acl.found': 'true',
}
const RECORDS = 3_000

export const unwritableDlq: Row = {
  row: 'F34',
  title: 'the DLQ topic may not be written (ACL) while poison comes',
  expectation:
    'no transaction with a dead letter commits, the partition stops and says so, nothing is dropped; with the right given back all is decided',
  async run({ open, tell }) {
    const stand = await open({ properties: AUTHORIZED })
    await stand.feed.send(RECORDS)
    const first = stand.worker('one')
    await stand.decided()
    await setWriting(stand, false)
    const before = await stand.committed()
    await stand.feed.send(RECORDS, { scenario: 'poison' })
    // Each partition has poison, so at the end none is left to go on.
    await stand.until('the worker has ended', () => !first.running)
    await stand.strike()
    assert.equal(await first.ended, 1)
    assert.match(first.stderr, /KAFKA_TOPIC_AUTHORIZATION_FAILED|TOPIC_AUTHORIZATION_FAILED/)
    assert.equal(first.stderr.match(/"task ended"/g)?.length, PARTITIONS)
    assert.deepEqual(await stand.committed(), before)
    tell('every partition stopped')
    await setWriting(stand, true)
    const next = stand.worker('one')
    await stand.decided()
    await stand.leave(next)
    await stand.audit()
  },
}

async function setWriting(stand: Stand, allowed: boolean): Promise<void> {
  const admin = new KafkaJs({ brokers: [...stand.kafka.bootstrap], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  const everyone = {
    resourceType: AclResourceTypes.TOPIC,
    resourceName: TOPICS.paymentsDlq.name,
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:*',
    host: '*',
  }
  const denied = { ...everyone, operation: AclOperationTypes.WRITE, permissionType: AclPermissionTypes.DENY }
  if (allowed) await admin.deleteAcls({ filters: [denied] })
  else {
    // A topic with an ACL asks for one for everything else, too.
    const rest = { ...everyone, operation: AclOperationTypes.ALL, permissionType: AclPermissionTypes.ALLOW }
    await admin.createAcls({ acl: [rest, denied] })
  }
  await admin.disconnect()
}
