/**
 * What the client counts, in the words of Kafka's own client metrics; whoever scrapes reads the fields. One instance a log.
 * Times are ms.
 */
export class KafkaCounters {
  /** `connection-count`: open now. */
  connectionCount = 0
  connectionCreationTotal = 0
  connectionFailuresTotal = 0
  requestTotal = 0
  /** How long brokers asked us to be silent (quotas). */
  throttleTimeMsTotal = 0
  fetchTotal = 0
  fetchLatencyMsTotal = 0
  fetchLatencyMsMax = 0
  bytesConsumedTotal = 0
  /** Batches of aborted transactions that were cut out. */
  abortedBatchesTotal = 0
  /** Fetched bytes that were not what the broker's checksum says, and were fetched again. */
  corruptFetchesTotal = 0
  metadataRefreshTotal = 0
}
