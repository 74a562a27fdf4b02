import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { topicSettings } from '../../bin/runtime/topic-settings.ts'
import { Alerter, type AlerterOptions } from '../../redis-alerts/alerter.ts'
import { DeadLetters } from '../../redis-alerts/dead-letters.ts'
import { framed } from '../../schemas/avro/framing.ts'
import { type Alert, encodeAlert } from '../../schemas/generated/alert.ts'
import { encodeFraudAction, type FraudAction } from '../../schemas/generated/fraud-action.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { openEmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import type { Log, ProducerSession, TopicPartition } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { RecordBatchWriter } from '../../streams/record/record-batch-writer.ts'

/** As in the local registry. */
export const SCHEMA_IDS = { deadLetter: 5, alert: 15, action: 7 } as const
const LOG_BYTES_MAX = 256 << 20

/** A log of alerts in a folder of its own, and what was sent to it. */
export class AlertLog {
  readonly log: Log
  /** Ids of the alerts sent, by partition, in order. */
  readonly sent = new Map<number, string[]>()
  private readonly logId: string
  private readonly producer: ProducerSession
  private readonly sequences = new Map<string, number>()
  private number = 0
  private closed: () => void = () => {}

  private constructor(log: Log, logId: string, producer: ProducerSession) {
    this.log = log
    this.logId = logId
    this.producer = producer
  }

  /** On a log that has the topics. */
  static async over(log: Log, logId: string): Promise<AlertLog> {
    return new AlertLog(log, logId, await log.openProducer(null))
  }

  /** On an embedded log in a folder of its own, which goes with it; `clock` stamps what is sent. */
  static async open(clock: { nowMs(): number } = machineTime): Promise<AlertLog> {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-alerts-'))
    const log = await openEmbeddedLog({ directory, clock, bytesMax: LOG_BYTES_MAX })
    await log.createTopics(topicSettings({ logBytesMax: LOG_BYTES_MAX, retentionMs: 86_400_000 }))
    const alerts = await AlertLog.over(log, log.stat().folderId)
    alerts.closed = () => rmSync(directory, { recursive: true, force: true })
    return alerts
  }

  /** Sends alerts of partition `partition` in one batch, each of account `ACC_<partition>` with a count one above the last. */
  async send(partition: number, count: number, given: (index: number) => Partial<Alert> = () => ({})): Promise<void> {
    const ids = this.sent.get(partition) ?? []
    this.sent.set(partition, ids)
    const values = Array.from({ length: count }, (_, index) => {
      const alert = alertOf(partition, this.number++, ids.length + 1, given(index))
      ids.push(alert.alertId)
      return framed(SCHEMA_IDS.alert, encodeAlert(alert))
    })
    await this.append({ topic: TOPICS.fraudAlerts.name, partition }, values)
  }

  sendAction(partition: number, action: FraudAction): Promise<void> {
    return this.sendActions(partition, [action])
  }

  sendActions(partition: number, actions: readonly FraudAction[]): Promise<void> {
    const values = actions.map((action) => framed(SCHEMA_IDS.action, encodeFraudAction(action)))
    return this.append({ topic: TOPICS.fraudActions.name, partition }, values)
  }

  async append(at: TopicPartition, values: readonly (Uint8Array | null)[]): Promise<void> {
    const name = `${at.topic}-${at.partition}`
    const writer = new RecordBatchWriter()
    for (const value of values) {
      writer.begin(0, new Uint8Array(0), 0, -1)
      if (value === null) {
        writer.endNull()
        continue
      }
      writer.reserve(value.length)
      writer.bytes.set(value, writer.at)
      writer.at += value.length
      writer.end()
    }
    for (const { bytes, recordCount } of writer.finish()) {
      const sequence = this.sequences.get(name) ?? 0
      await this.producer.append({ ...at, bytes, recordCount }, sequence)
      this.sequences.set(name, sequence + recordCount)
    }
  }

  /** An alerter of this log; what it tells goes to `events`. */
  alerter(openStore: AlerterOptions['openStore'], events: Partial<AlerterOptions['events']> = {}): Alerter {
    const options = { schemaId: SCHEMA_IDS.deadLetter, semanticsVersion: 1, hashOf: () => '0'.repeat(32) }
    return new Alerter({
      log: this.log,
      logId: this.logId,
      group: this.log.group('sluice-alerts'),
      schemaIds: SCHEMA_IDS,
      deadLetters: new DeadLetters(this.log, options),
      clock: machineTime,
      openStore,
      events: { onWaiting: () => {}, onLive: () => {}, onLost: () => {}, onWritten: () => {}, ...events },
    })
  }

  async close(): Promise<void> {
    await this.log.close()
    this.closed()
  }
}

function alertOf(partition: number, number: number, fraudCount: number, given: Partial<Alert>): Alert {
  return {
    alertId: `${partition}-${number}-0`,
    kind: 'VELOCITY',
    revised: false,
    transactionId: `tx-${number}`,
    senderAccountId: `ACC_${partition}`,
    eventTime: Date.now(),
    velocityCount: 4,
    severity: 'HIGH',
    amountMinor: 4_900,
    currency: 'USD',
    region: 'US',
    fraudCount,
    fraudScore: 40,
    reasons: [{ signal: 'VELOCITY', points: 40 }],
    inputTopic: TOPICS.paymentsSubmitted.name,
    inputPartition: partition,
    inputOffset: number,
    semanticsVersion: 1,
    ...given,
  }
}

export function actionOf(partition: number, given: Partial<FraudAction> = {}): FraudAction {
  return {
    actionId: `${partition}-5-BLOCK_CARD`,
    action: 'BLOCK_CARD',
    senderAccountId: `ACC_${partition}`,
    transactionId: 'tx-5',
    decisionId: `${partition}-5`,
    episodeId: `${partition}-4`,
    eventTime: Date.now(),
    until: Date.now() + 86_400_000,
    fraudCount: 5,
    fraudScore: 40,
    ruleVersion: 'test',
    inputTopic: TOPICS.paymentsSubmitted.name,
    inputPartition: partition,
    inputOffset: 5,
    semanticsVersion: 1,
    ...given,
  }
}
