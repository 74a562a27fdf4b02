import type { OtpChannel } from '../schemas/generated/enums.ts'

/** How an account's holder is reached. */
export interface Contact {
  readonly email?: string
  /** E.164, such as +4915112345678. */
  readonly phone?: string
}

/** Where contacts are asked for; each installation has its own. */
export interface Contacts {
  /** Null where nothing is known of the account. @throws StreamsError (retry) when it cannot be asked now. */
  of(accountId: string): Promise<Contact | null>
}

/**
 * A code that was not taken. `retry`: the same again after a pause; `give-up`: another try would end the same. Its text never holds
 * the code, the contact or what the service answered.
 */
export class DeliveryError extends Error {
  /** Stable, for metrics: TIMED_OUT, UNREACHABLE, HTTP_503, SMTP_550, NO_CONTACT, ... */
  readonly code: string
  readonly next: 'retry' | 'give-up'

  constructor(code: string, next: 'retry' | 'give-up', message: string) {
    super(message)
    this.name = 'DeliveryError'
    this.code = code
    this.next = next
  }
}

/** One way to send a code. */
export interface CodeSender {
  readonly channel: OtpChannel
  /** Resolves once the service has taken the text. @throws DeliveryError */
  send(accountId: string, contact: Contact | null, text: string, signal: AbortSignal): Promise<void>
}

/** What a holder must have for a channel. @throws DeliveryError where it is missing. */
export function contactOf(contact: Contact | null, kind: keyof Contact): string {
  const address = contact?.[kind]
  if (address === undefined)
    throw new DeliveryError('NO_CONTACT', 'give-up', `the account has no ${kind} in the contacts`)
  return address
}
