import { collectDefaultMetrics, Registry } from 'prom-client'
import { counter } from './metric-kinds.ts'

/** What a producer has counted; a record that was sent again counts once as acknowledged. */
export interface MeasuredProducer {
  readonly acknowledgedRecords: number
  readonly resentRecords: number
}

const PRODUCER = 'kafka_producer_producer_metrics_'

/** The metrics of a process that only sends, under the names of Kafka's producer. `counts` is read at each scrape. */
export function createProducerMetrics(counts: () => MeasuredProducer | null): Registry {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const totals: readonly (readonly [string, string, keyof MeasuredProducer])[] = [
    ['record_send_total', 'Records that the log has acknowledged.', 'acknowledgedRecords'],
    ['record_retry_total', 'Records that were sent again.', 'resentRecords'],
  ]
  for (const [name, help, field] of totals) {
    counter(registry, PRODUCER + name, help, [], (set) => set({}, counts()?.[field] ?? 0))
  }
  return registry
}
