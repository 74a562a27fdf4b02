import { gzipSync } from 'node:zlib'
import type {
  BadRow,
  ImportFormat,
  ImportProgress,
  ImportRun,
  ImportSummary,
} from '../../../producers/import/import-run.ts'
import { runImport } from '../../../producers/import/import-run.ts'
import type { ImportSource } from '../../../producers/import/import-source.ts'
import type { PaymentSubmitted } from '../../../schemas/generated/payment-submitted.ts'
import { SkippingClock } from '../faulty-log.ts'

/** What became of a text that was imported. */
export interface Imported {
  readonly payments: PaymentSubmitted[]
  readonly bad: BadRow[]
  readonly labels: string[]
  readonly progress: ImportProgress[]
  readonly summary: ImportSummary
}

/** Bytes in chunks of `chunkBytes`, packed if asked. */
export function sourceOf(content: string | Uint8Array, { chunkBytes = 7, gzip = false } = {}): ImportSource {
  const plain = typeof content === 'string' ? new TextEncoder().encode(content) : content
  const bytes = gzip ? gzipSync(plain) : plain
  async function* chunks() {
    for (let from = 0; from < bytes.length; from += chunkBytes) yield bytes.subarray(from, from + chunkBytes)
  }
  return { name: 'test', bytesTotal: bytes.length, bytes: chunks() }
}

/** Imports everything into lists. */
export async function imported(
  source: ImportSource,
  format: ImportFormat,
  run: Partial<ImportRun> = {},
): Promise<Imported> {
  const payments: PaymentSubmitted[] = []
  const bad: BadRow[] = []
  const labels: string[] = []
  const progress: ImportProgress[] = []
  const summary = await runImport(source, format, {
    send: (payment) => {
      payments.push(payment)
      return undefined
    },
    clock: new SkippingClock(),
    speed: null,
    onBadRow: (row) => bad.push(row),
    onLabel: (id, isFraud, scenario) => labels.push(`${id},${isFraud ? 1 : 0},${scenario}`),
    onProgress: (now) => progress.push({ ...now, summary: { ...now.summary } }),
    ...run,
  })
  return { payments, bad, labels, progress, summary }
}
