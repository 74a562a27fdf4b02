import { framed } from '../schemas/avro/framing.ts'
import { type AuditEvent, auditEventDefaults, encodeAuditEvent } from '../schemas/generated/audit-event.ts'
import { unavailable } from './problem.ts'

/** Where audit events go: undefined when there was room at once. */
export interface AuditSender {
  sendValue(key: string, value: Uint8Array): Promise<void> | undefined
}

export type AuditFields = Pick<AuditEvent, 'eventId' | 'eventTime' | 'actor' | 'act' | 'result'> & Partial<AuditEvent>

/** Writes every request's outcome to `audit.events`. While they cannot be taken in, no new call is. */
export class AuditTrail {
  private readonly sender: AuditSender
  private readonly schemaId: number
  private waiting = 0
  private failure: Error | null = null

  constructor(sender: AuditSender, schemaId: number) {
    this.sender = sender
    this.schemaId = schemaId
  }

  /** @throws ApiProblem 503: an act that cannot be written down is not done. */
  requireRoom(): void {
    if (this.waiting > 0 || this.failure !== null)
      throw unavailable('AUDIT_UNAVAILABLE', 'calls cannot be written down')
  }

  record(fields: AuditFields): void {
    const value = framed(this.schemaId, encodeAuditEvent({ ...auditEventDefaults, ...fields }))
    try {
      const room = this.sender.sendValue(fields.actor, value)
      if (room === undefined) return
      this.waiting++
      room
        .catch((error: Error) => {
          this.failure = error
        })
        .finally(() => this.waiting--)
    } catch (error) {
      this.failure = error as Error
    }
  }
}
