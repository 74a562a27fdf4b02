import { join } from 'node:path'
import { cached } from '../cache.ts'
import { copyDependencies } from '../maven.ts'
import { requirePrograms } from '../programs.ts'

const KAFKA_VERSION = '4.1.0'

/** A short life and two shared cores: no second compiler, no collector threads, a small heap. */
export const BROKER_JVM = ['-Xmx512m', '-Xms128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'] as const
export const TOOL_JVM = ['-Xmx128m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-Xshare:auto'] as const

/** Java's class path with Apache Kafka's broker and command line tools; downloaded at the first call. */
export async function kafkaClassPath(): Promise<string> {
  requirePrograms('Kafka', ['java', 'setpriv'])
  const folder = await cached(`kafka-${KAFKA_VERSION}`, (unfinished) =>
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
