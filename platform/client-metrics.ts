import type { Registry } from 'prom-client'
import type { KafkaCounters } from '../streams/kafka/kafka-counters.ts'
import { counter, gauge } from './metric-kinds.ts'

const CONSUMER = 'kafka_consumer_consumer_metrics_'
const FETCHES = 'kafka_consumer_consumer_fetch_manager_metrics_'

/** What the client of a cluster counts: under the names of Kafka's consumer where it has one, and ours beside them. */
export function clientMetrics(registry: Registry, counts: () => KafkaCounters | null): void {
  const totals: readonly (readonly [string, string, (counters: KafkaCounters) => number])[] = [
    [`${CONSUMER}connection_creation_total`, 'Connections made.', (c) => c.connectionCreationTotal],
    [`${CONSUMER}request_total`, 'Requests sent.', (c) => c.requestTotal],
    [`${FETCHES}fetch_total`, 'Fetches.', (c) => c.fetchTotal],
    [`${FETCHES}bytes_consumed_total`, 'Bytes of records that were fetched.', (c) => c.bytesConsumedTotal],
    ['sluice_kafka_connection_failures_total', 'Connections that could not be made.', (c) => c.connectionFailuresTotal],
    ['sluice_kafka_throttle_seconds_total', 'Silence that brokers asked for.', (c) => c.throttleTimeMsTotal / 1_000],
    ['sluice_kafka_aborted_batches_total', 'Batches of aborted transactions, cut out.', (c) => c.abortedBatchesTotal],
    ['sluice_kafka_corrupt_fetches_total', 'Fetched bytes that failed their checksum.', (c) => c.corruptFetchesTotal],
    [
      'sluice_kafka_metadata_refreshes_total',
      'Times that brokers were asked who leads.',
      (c) => c.metadataRefreshTotal,
    ],
  ]
  for (const [name, help, read] of totals) {
    counter(registry, name, help, [], (set) => {
      const counters = counts()
      if (counters !== null) set({}, read(counters))
    })
  }
  const averageMs = ({ fetchTotal, fetchLatencyMsTotal }: KafkaCounters) =>
    fetchTotal === 0 ? 0 : fetchLatencyMsTotal / fetchTotal
  const gauges = [
    [`${CONSUMER}connection_count`, 'Connections that are open.', (c) => c.connectionCount, 'sum'],
    [`${FETCHES}fetch_latency_avg`, 'Average ms of a fetch, its wait for records included.', averageMs, 'average'],
    [`${FETCHES}fetch_latency_max`, 'Longest ms of a fetch.', (c) => c.fetchLatencyMsMax, 'max'],
  ] as const satisfies readonly (readonly [string, string, (c: KafkaCounters) => number, 'sum' | 'average' | 'max'])[]
  for (const [name, help, read, aggregator] of gauges) {
    const collect = (set: (labels: object, value: number) => void) => {
      const counters = counts()
      if (counters !== null) set({}, read(counters))
    }
    gauge(registry, name, help, [], collect, aggregator)
  }
}
