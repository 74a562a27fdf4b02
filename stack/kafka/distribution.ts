import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from '../cache.ts'
import { copyDependencies } from '../maven.ts'
import { PartError } from '../part-error.ts'
import { requirePrograms } from '../programs.ts'

const KAFKA_VERSION = '4.1.0'
const DISTRIBUTION = `kafka-${KAFKA_VERSION}`
const ARCHIVE = 'classes.jsa'

/** A short life and two shared cores: no second compiler, no collector threads. */
const JVM = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'] as const
const BROKER_HEAP = ['-Xmx512m', '-Xms128m'] as const
const TOOL_HEAP = ['-Xmx128m'] as const

/** Java's arguments up to the class or file to run. */
export interface KafkaJava {
  readonly broker: readonly string[]
  readonly tool: readonly string[]
}

/**
 * Apache Kafka's broker and command line tools, downloaded at the first call and started from an archive of the classes that
 * `runBroker` has loaded: it is called once on a machine, with Java's arguments, and resolves when its broker has served and
 * ended. A broker then takes 2.6 s of CPU to start instead of 4.1.
 */
export async function archivedKafka(runBroker: (java: KafkaJava) => Promise<void>): Promise<KafkaJava> {
  const path = await classPath()
  const folder = await cached(`${DISTRIBUTION}-classes`, async (unfinished) => {
    const archive = join(unfinished, ARCHIVE)
    const plain = javaWith([], path)
    await runBroker({ ...plain, broker: [`-XX:ArchiveClassesAtExit=${archive}`, ...plain.broker] })
    if (!existsSync(archive)) throw new PartError(`Java has left no archive of Kafka’s classes in ${unfinished}`)
  })
  // Another Java than the one that made the archive does without, and is not to say so in the output of a tool.
  return javaWith([`-XX:SharedArchiveFile=${join(folder, ARCHIVE)}`, '-Xshare:auto', '-Xlog:disable'], path)
}

function javaWith(options: readonly string[], path: string): KafkaJava {
  const rest = [...JVM, ...options, '-cp', path]
  return { broker: [...BROKER_HEAP, ...rest], tool: [...TOOL_HEAP, ...rest] }
}

async function classPath(): Promise<string> {
  requirePrograms('Kafka', ['java', 'setpriv'])
  const folder = await cached(DISTRIBUTION, (unfinished) =>
    copyDependencies(
      [
        { group: 'org.apache.kafka', artifact: 'kafka_2.13', version: KAFKA_VERSION },
        { group: 'org.apache.kafka', artifact: 'kafka-tools', version: KAFKA_VERSION },
        { group: 'org.slf4j', artifact: 'slf4j-simple', version: '1.7.36' },
      ],
      unfinished,
    ),
  )
  return join(folder, '*')
}
