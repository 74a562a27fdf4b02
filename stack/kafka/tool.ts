import type { Outcome } from '../run-program.ts'
import { kafkaJava } from './kafka.ts'
import { type KafkaTool, runTool } from './run-tool.ts'

export type { KafkaTool } from './run-tool.ts'

/** Runs one of Kafka's tools as {@link runTool} does, fetching it at the first call. */
export async function kafkaTool(tool: KafkaTool, args: readonly string[], input = ''): Promise<Outcome> {
  return runTool(await kafkaJava(), tool, args, input)
}
