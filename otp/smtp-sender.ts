import { createTransport } from 'nodemailer'
import { type CodeSender, contactOf, DeliveryError } from './delivery.ts'

/** A mail server that takes what we hand in. */
export interface SmtpTarget {
  readonly host: string
  readonly port: number
  /** TLS from the first byte; without it the connection must be upgraded (STARTTLS), unless `allowsPlain`. */
  readonly isTls: boolean
  readonly allowsPlain: boolean
  readonly user?: string
  readonly password?: string
  /** PEM of the authorities to trust in place of Node's. */
  readonly ca?: string
  readonly from: string
}

const SUBJECT = 'Your code'
const WAIT_MS = 4_000

/** Mail by SMTP, a connection a code: codes are few. */
export function smtpSender({ host, port, isTls, allowsPlain, user, password, ca, from }: SmtpTarget): CodeSender {
  const options = {
    host,
    port,
    secure: isTls,
    requireTLS: !isTls && !allowsPlain,
    connectionTimeout: WAIT_MS,
    greetingTimeout: WAIT_MS,
    socketTimeout: WAIT_MS,
    ...(ca !== undefined && { tls: { ca } }),
    ...(user !== undefined && { auth: { user, pass: password ?? '' } }),
  }
  return {
    channel: 'EMAIL',
    send: async (_accountId, contact, text, signal) => {
      const to = contactOf(contact, 'email')
      const transport = createTransport(options)
      try {
        await Promise.race([transport.sendMail({ from, to, subject: SUBJECT, text }), overdue(signal)])
      } catch (error) {
        throw smtpError(error)
      } finally {
        transport.close()
      }
    },
  }
}

/** The connection's own time-outs end it later; nobody waits for that. */
function overdue(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = () => reject(Object.assign(new Error('overdue'), { code: 'ETIMEDOUT' }))
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}

/** RFC 5321, 4.2.1: a 4yz reply is worth another try, a 5yz is not. What the server said may name the address, so it stays here. */
function smtpError(error: unknown): DeliveryError {
  const { responseCode, code } = error as { readonly responseCode?: number; readonly code?: string }
  if (responseCode !== undefined) {
    const next = responseCode >= 500 ? 'give-up' : 'retry'
    return new DeliveryError(`SMTP_${responseCode}`, next, `the mail server answered ${responseCode}`)
  }
  if (code === 'ETIMEDOUT') return new DeliveryError('TIMED_OUT', 'retry', 'the mail server did not answer in time')
  return new DeliveryError('UNREACHABLE', 'retry', `the mail server cannot be used: ${code ?? 'unknown error'}`)
}
