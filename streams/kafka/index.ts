/** Runs topologies on a Kafka cluster: see `run`. */
export type { KafkaSasl, KafkaTls } from './kafka-options.ts'
export { type RunSettings, run } from './run.ts'
