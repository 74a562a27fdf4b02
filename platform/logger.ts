import { type Logger, pino } from 'pino'

export type { Logger } from 'pino'

/** Fields that may never be written to a log, whoever passes them (SPEC M6). */
const SECRET_FIELDS = [
  'pan',
  'cvv',
  'expiry',
  'cardholderName',
  'cardholder_name',
  'email',
  'ip',
  'memo',
  'otp_code',
  'secret',
  'privateKey',
  'payment',
  'value',
]

/** Writes JSON lines to stderr; silent below `level`, so that a normal run says nothing there. */
export function createLogger(
  level: 'debug' | 'info' | 'warn' | 'error',
  destination: { write(line: string): void } = pino.destination({ dest: 2, sync: true }),
): Logger {
  const paths = SECRET_FIELDS.flatMap((field) => [field, `*.${field}`, `*.*.${field}`])
  return pino({ level, redact: { paths, censor: '[redacted]' }, base: { pid: process.pid } }, destination)
}
