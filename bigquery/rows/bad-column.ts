import type { DeadLetterReason } from '../../schemas/generated/enums.ts'

/** A value that its column cannot hold: the row becomes a dead letter, the rest goes on. */
export class BadColumn extends Error {
  readonly reason: DeadLetterReason
  readonly column: string

  /** `rule` says what the value breaks; never the value. */
  constructor(reason: DeadLetterReason, column: string, rule: string) {
    super(rule)
    this.reason = reason
    this.column = column
  }
}
