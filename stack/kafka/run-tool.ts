import { partEnvironment } from '../part-environment.ts'
import { type Outcome, runProgram } from '../run-program.ts'
import type { KafkaJava } from './distribution.ts'

/** Kafka's own command line tools, by the name of their script without `.sh`, and the class that is the tool. */
const TOOLS = {
  'kafka-acls': 'org.apache.kafka.tools.AclCommand',
  'kafka-configs': 'kafka.admin.ConfigCommand',
  'kafka-console-consumer': 'org.apache.kafka.tools.consumer.ConsoleConsumer',
  'kafka-console-producer': 'org.apache.kafka.tools.ConsoleProducer',
  'kafka-consumer-groups': 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'kafka-dump-log': 'kafka.tools.DumpLogSegments',
  'kafka-features': 'org.apache.kafka.tools.FeatureCommand',
  'kafka-get-offsets': 'org.apache.kafka.tools.GetOffsetShell',
  'kafka-storage': 'kafka.tools.StorageTool',
  'kafka-topics': 'org.apache.kafka.tools.TopicCommand',
  'kafka-transactions': 'org.apache.kafka.tools.TransactionsCommand',
} as const

export type KafkaTool = keyof typeof TOOLS

/** Runs one of Kafka's tools to its end with the arguments that its script takes; `input` is its standard input. */
export function runTool(java: KafkaJava, tool: KafkaTool, args: readonly string[], input = ''): Promise<Outcome> {
  const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
  return runProgram('java', [...java.tool, quiet, TOOLS[tool], ...args], { env: partEnvironment(), input })
}
