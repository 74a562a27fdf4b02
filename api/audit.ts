import { framed } from '../schemas/avro/framing.ts'
import { type AuditEvent, auditEventDefaults, encodeAuditEvent } from '../schemas/generated/audit-event.ts'
import { unavailable } from './problem.ts'

/** Where audit events go: undefined when there was room at once. */
export interface AuditSender {
  sendValue(key: string, value: Uint8Array): Promise<void> | undefined
}

export type AuditFields = Pick<AuditEvent, 'eventId' | 'eventTime' | 'actor' | 'act' | 'result'> & Partial<AuditEvent>

/**
 * Events that wait for room while the log is away, about 1.5 KB each. Past it those of callers without a role are dropped: nobody had logged
 * in, so nothing was done. The others are no more than the calls that were let in before it was full.
 */
export const WAITING_MAX = 16_384

/**
 * Writes every request's outcome to `audit.events`. While they cannot be taken in, no new call is. A subject is what the caller sent, also
 * where the mask has refused it or was never asked: one that holds a card number is left out (SPEC M1).
 */
export class AuditTrail {
  private readonly sender: AuditSender
  private readonly schemaId: number
  private readonly holdsCardNumber: (text: string) => boolean
  private readonly onDropped: () => void
  private waiting = 0
  private failure: Error | null = null

  /** `onDropped` is told of each event that the log does not get. */
  constructor(
    sender: AuditSender,
    schemaId: number,
    holdsCardNumber: (text: string) => boolean,
    onDropped: () => void,
  ) {
    this.sender = sender
    this.schemaId = schemaId
    this.holdsCardNumber = holdsCardNumber
    this.onDropped = onDropped
  }

  /** @throws ApiProblem 503: an act that cannot be written down is not done. */
  requireRoom(): void {
    if (this.waiting > 0 || this.failure !== null)
      throw unavailable('AUDIT_UNAVAILABLE', 'calls cannot be written down')
  }

  record(fields: AuditFields): void {
    if (this.waiting >= WAITING_MAX && (fields.role ?? null) === null) {
      this.onDropped()
      return
    }
    const { subject: sent = null } = fields
    const subject = sent === null || this.holdsCardNumber(sent) ? null : sent
    const value = framed(this.schemaId, encodeAuditEvent({ ...auditEventDefaults, ...fields, subject }))
    try {
      const room = this.sender.sendValue(fields.actor, value)
      if (room === undefined) return
      this.waiting++
      room.catch((error: Error) => this.failed(error)).finally(() => this.waiting--)
    } catch (error) {
      this.failed(error as Error)
    }
  }

  private failed(error: Error): void {
    this.failure = error
    this.onDropped()
  }
}
