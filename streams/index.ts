/**
 * Kafka Streams' Processor API for Node: topics, processors, state stores, exactly once. A topology is declared here and
 * run by the `run` of `sluice/streams/embedded` (one machine) or of `sluice/streams/kafka` (a cluster);
 * `sluice/streams/testing` runs it without a log.
 *
 * The guide is docs/streams.md.
 */
export { type NextStep, StreamsError } from './errors.ts'
export type { Application } from './plain/application.ts'
export { type KeyValueSettings, type KeyValueStore, keyValueStore } from './plain/key-value-store.ts'
export {
  type DeadLetter,
  type ProcessorContext,
  type ProcessorSettings,
  type ProcessorTopology,
  topology,
} from './plain/processor-topology.ts'
export type { FollowFrom, StreamRecord } from './plain/read-record.ts'
export type { SentRecord } from './plain/record-sender.ts'
export { bytes, json, none, number, optional, type Serde, serde, text } from './plain/serde.ts'
export type { StoreDeclaration } from './plain/store.ts'
export { type Topic, topic } from './plain/topic.ts'
export { type Window, type WindowedStore, type WindowSettings, windowedStore } from './plain/windowed-store.ts'
