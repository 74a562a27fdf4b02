import type { Config } from '../../platform/config.ts'
import { TOPICS, type Topic } from '../../schemas/topics.ts'
import type { TopicReport } from '../../streams/kafka/topic-admin.ts'
import { requireKafkaOptions } from '../runtime/kafka-options.ts'
import { RIGHTS, type Role } from '../runtime/kafka-rights.ts'
import { restoreOffsets } from '../runtime/kept-offsets.ts'
import { schemaIds } from '../runtime/schema-ids.ts'
import { schemaRegistry } from '../runtime/schema-registry.ts'
import { APPLICATION_ID } from '../runtime/session.ts'
import { print, styled } from '../view/text.ts'
import { CommandError } from './settings.ts'

export interface ClusterTopicsOptions {
  readonly json?: boolean
  readonly kafka?: boolean
  readonly acls?: readonly string[]
  readonly offsets?: boolean
}

/** `sluice topics` on a cluster: creates what is missing, verifies the rest, gives rights; or gives lost offsets back. */
export async function runClusterTopics(
  config: Config,
  { json = false, acls = [], offsets = false }: ClusterTopicsOptions,
): Promise<void> {
  if (offsets && acls.length > 0) throw new CommandError('give --acls or --offsets, one at a time', 2)
  if (offsets) return giveOffsetsBack(config, json)
  const grants = acls.map(grantOf)
  // kafkajs takes most of a second to load; nothing else should wait for it.
  const { TopicAdmin } = await import('../../streams/kafka/topic-admin.ts')
  const admin = await TopicAdmin.open(requireKafkaOptions(config), config.kafkaReplicas)
  try {
    const reports = await admin.createAndVerify(Object.values(TOPICS) satisfies readonly Topic[])
    for (const report of reports) print(json ? JSON.stringify(report) : reportLine(report))
    for (const { role, principal } of grants) {
      await admin.allow(principal, RIGHTS[role])
      const rights = RIGHTS[role]
      print(
        json ? JSON.stringify({ principal, role, rights }) : `${principal} has the ${rights.length} rights of ${role}`,
      )
    }
    const differing = reports.filter(({ deviations }) => deviations.length > 0)
    if (differing.length > 0) {
      const remedy = 'set them with kafka-configs.sh, or make the topic anew where partitions differ'
      throw new CommandError(`${differing.length} of ${reports.length} topics are not as they must be: ${remedy}`)
    }
  } finally {
    await admin.close()
  }
}

async function giveOffsetsBack(config: Config, json: boolean): Promise<void> {
  const { KafkaLog } = await import('../../streams/kafka/kafka-log.ts')
  const log = new KafkaLog({ kafka: requireKafkaOptions(config) })
  try {
    const ids = await schemaIds(schemaRegistry(config))
    const found = await restoreOffsets(log, log.group(APPLICATION_ID), ids)
    for (const one of found) {
      const { topic, partition, offset } = one
      print(
        json ? JSON.stringify(one) : `${topic}-${partition}: the group ${APPLICATION_ID} goes on at offset ${offset}`,
      )
    }
    if (found.length === 0 && !json) print(`no offset of the group ${APPLICATION_ID} is missing`)
  } finally {
    await log.close()
  }
}

function grantOf(text: string): { readonly role: Role; readonly principal: string } {
  const [role = '', principal = ''] = text.split(/=(.*)/s)
  if (!(role in RIGHTS) || !/^[A-Za-z]+:.+$/.test(principal)) {
    throw new CommandError(`--acls ${text}: write <role>=User:<name>; roles are ${Object.keys(RIGHTS).join(', ')}`, 2)
  }
  return { role: role as Role, principal }
}

function reportLine({ topic, created, deviations }: TopicReport): string {
  const name = styled('bold', topic.padEnd(20))
  if (deviations.length === 0) return `${name} ${styled('green', created ? 'created' : 'as it must be')}`
  const lines = deviations.map(({ setting, wanted, found, refused }) => {
    const verdict = refused ? `; ${styled('red', 'refused')}` : ''
    return `\n    ${setting} is ${found}, ${wanted} expected${verdict}`
  })
  return `${name} ${styled('red', 'differs')}${lines.join('')}`
}
