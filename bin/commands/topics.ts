import { Command } from 'commander'
import { TOPICS, type Topic } from '../../schemas/topics.ts'
import { RIGHTS } from '../runtime/kafka-rights.ts'
import { openSession, type Session } from '../runtime/session.ts'
import { bytesText, grouped, print, styled } from '../view/text.ts'
import { type ClusterTopicsOptions, runClusterTopics } from './cluster-topics.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

/** `sluice topics` */
export function topicsCommand(): Command {
  return new Command('topics')
    .description(
      'print every topic of the data folder, or create and verify those of a Kafka cluster; exits 1 if one differs',
    )
    .option('--kafka', 'on the cluster that SLUICE_KAFKA_BOOTSTRAP names')
    .option('--acls <role=principal...>', `give principals the rights of ${Object.keys(RIGHTS).join(', ')} (Kafka)`)
    .option(
      '--offsets',
      'give the workers’ group the offsets that the brokers have forgotten, from the outputs (Kafka)',
    )
    .addHelpText(
      'after',
      '\nOn a cluster no topic is ever made smaller, grown or deleted, and no right taken away.' +
        '\n\nExamples:\n  sluice topics\n  sluice topics --json\n  sluice topics --kafka\n  sluice topics --kafka --acls producer=User:payments worker=User:sluice\n  sluice topics --kafka --offsets\n',
    )
    .action((_options, command: Command) => runTopics(command.optsWithGlobals<TopicsOptions>()))
}

type TopicsOptions = CommonOptions & ClusterTopicsOptions

async function runTopics(options: TopicsOptions): Promise<void> {
  const config = configOf(options)
  if (options.kafka) return runClusterTopics(config, options)
  if (options.offsets) throw new CommandError('--offsets needs --kafka', 2)
  if (options.acls !== undefined) throw new CommandError('--acls needs --kafka', 2)
  return showFolderTopics(await openSession(config), options)
}

async function showFolderTopics(session: Session, options: CommonOptions): Promise<void> {
  try {
    const settings = new Map((await session.log.topics()).map((topic) => [topic.topic, topic]))
    const { partitions } = session.log.stat()
    const problems: string[] = []
    for (const topic of Object.values(TOPICS) as Topic[]) {
      const stored = settings.get(topic.name)
      if (stored === undefined) problems.push(`${topic.name} is missing; \`sluice up\` creates it`)
      else if (stored.partitions !== topic.partitions) {
        problems.push(`${topic.name} has ${stored.partitions} partitions, ${topic.partitions} expected`)
      }
      const own = partitions.filter((one) => one.topic === topic.name)
      const bytes = own.reduce((sum, one) => sum + one.bytes, 0)
      const records = own.reduce((sum, { startOffset, endOffset }) => sum + endOffset - startOffset, 0)
      if (options.json) print(JSON.stringify({ ...topic, stored: stored ?? null, records, bytes, offsets: own }))
      else {
        const keeps = (stored?.retentionMs ?? -1) < 0 ? 'all time' : `${(stored?.retentionMs ?? 0) / 3_600_000} h`
        const size =
          (stored?.retentionBytes ?? -1) < 0 ? 'any size' : `${bytesText(stored?.retentionBytes ?? 0)} a partition`
        print(
          `${styled('bold', topic.name.padEnd(20))} ${String(topic.partitions).padStart(2)} partitions  ${grouped(records).padStart(12)} records  ${bytesText(bytes).padStart(9)}  keeps ${keeps}, ${size}`,
        )
      }
    }
    if (problems.length > 0) throw new CommandError(problems.join('\n'))
  } finally {
    await session.log.close()
  }
}
