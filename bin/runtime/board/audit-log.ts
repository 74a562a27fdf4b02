import { randomUUID } from 'node:crypto'
import type { AuditedAct } from '../../../dashboards/board/sources.ts'
import { cardFreeText } from '../../../processors/mask/mask-payment.ts'
import { framed } from '../../../schemas/avro/framing.ts'
import { auditEventDefaults, encodeAuditEvent } from '../../../schemas/generated/audit-event.ts'
import { SCHEMAS } from '../../../schemas/generated/schemas.ts'
import type { SchemaRegistry } from '../../../schemas/registry.ts'
import { subjectOf, TOPICS } from '../../../schemas/topics.ts'
import type { Log, ProducerSession } from '../../../streams/log/log.ts'
import { partitionOf } from '../../../streams/record/partitioner.ts'
import { cardFreeTexts } from '../control/card-free-texts.ts'
import { batchOf } from '../control/control-records.ts'

const { name: TOPIC, partitions: AUDIT_PARTITIONS } = TOPICS.auditEvents

/** The id of the schema of `audit.events`. */
export function auditSchemaId(registry: SchemaRegistry): Promise<number> {
  return registry.idOf(subjectOf(TOPIC, 'sluice.AuditEvent'), JSON.parse(SCHEMAS.AuditEvent))
}

/** Writes what people did, one record each, in turn. */
export class AuditLog {
  private readonly log: Log
  private readonly schemaId: number
  private producer: Promise<ProducerSession> | null = null
  private readonly sequences = new Map<number, number>()
  private last: Promise<unknown> = Promise.resolve()

  constructor(log: Log, schemaId: number) {
    this.log = log
    this.schemaId = schemaId
  }

  /**
   * Resolves with the record's own id once it is durable. Card numbers in its texts are redacted, also in a subject that the act itself
   * was refused for. @throws StreamsError; the next append begins a new session.
   */
  append(given: AuditedAct, nowMs: number): Promise<string> {
    const { subject } = given
    const act = { ...cardFreeTexts(given), subject: subject === null ? null : cardFreeText(subject) }
    const appended = this.last.then(() => this.appendNext(act, nowMs))
    this.last = appended.catch(() => undefined)
    return appended
  }

  async close(): Promise<void> {
    await this.last
    await (await this.producer?.catch(() => null))?.close()
  }

  private async appendNext(act: AuditedAct, nowMs: number): Promise<string> {
    const eventId = randomUUID()
    const key = new TextEncoder().encode(act.actor)
    const partition = partitionOf(key, 0, key.length, AUDIT_PARTITIONS)
    const value = framed(this.schemaId, encodeAuditEvent({ ...auditEventDefaults, ...act, eventId, eventTime: nowMs }))
    this.producer ??= this.log.openProducer(null)
    try {
      const producer = await this.producer
      const sequence = this.sequences.get(partition) ?? 0
      await producer.append({ topic: TOPIC, partition, ...batchOf(nowMs, key, value) }, sequence)
      this.sequences.set(partition, sequence + 1)
    } catch (error) {
      // A rejection ends the session: its sequences go with it.
      const ended = this.producer
      this.producer = null
      this.sequences.clear()
      await ended.then((producer) => producer.close()).catch(() => undefined)
      throw error
    }
    return eventId
  }
}
