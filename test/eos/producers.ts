import { createHash } from 'node:crypto'
import { appendFileSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { INPUT_TOPIC } from '../../bin/runtime/session.ts'
import { runPython } from '../support/python.ts'
import type { FeederOrder } from './payment-feeder.ts'
import { type PaymentStreamRecord, type PaymentStreamSettings, paymentStream } from './payment-stream.ts'
import type { RunFolder } from './run-folder.ts'
import { RunProcess } from './run-process.ts'

const FEEDER = fileURLToPath(new URL('./payment-feeder.ts', import.meta.url))
const FOREIGN = fileURLToPath(new URL('./foreign_producer.py', import.meta.url))
const FOREIGN_RECORDS = 24

/** The simulator of a run: one process after another, each going on with the stream where the one before was killed. */
export class Feeder {
  private readonly folder: RunFolder
  private readonly stream: PaymentStreamSettings
  private readonly env: Readonly<Record<string, string>>
  private lives = 0
  private process: RunProcess | null = null

  constructor(folder: RunFolder, stream: PaymentStreamSettings, env: Readonly<Record<string, string>>) {
    this.folder = folder
    this.stream = stream
    this.env = env
  }

  /** Resolves when it sends. */
  async start(): Promise<void> {
    const from = this.lives === 0 ? 0 : lastInvoked(this.folder.history(`payments-${this.lives}`)) + 1
    const order: FeederOrder = { stream: this.stream, from, history: this.folder.history(`payments-${++this.lives}`) }
    await new Promise<void>((resolve, reject) => {
      const process = new RunProcess(FEEDER, [JSON.stringify(order)], this.env, () => resolve())
      this.process = process
      void process.ended.then((end) => reject(new Error(`the producer ended with ${end}: ${process.errors}`)))
    })
  }

  async kill(): Promise<void> {
    const end = await this.process?.endBy('SIGKILL')
    if (end !== 'SIGKILL')
      throw new Error(`the producer ended with ${end} and not by the kill: ${this.process?.errors}`)
  }

  /** Resolves when all that it sent is acknowledged. */
  async finish(): Promise<void> {
    const end = await this.process?.endBy('SIGTERM')
    if (end !== 0) throw new Error(`the producer ended with ${end}: ${this.process?.errors}`)
  }
}

/** The number of the record that was handed over last. */
function lastInvoked(history: string): number {
  const lines = readFileSync(history, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('{"type":"invoke"'))
  return (JSON.parse(lines.at(-1) ?? '') as { n: number }).n
}

/** Another team's producer, which writes transactions with a client of its own. */
export class ForeignProducer {
  private readonly bootstrap: string
  private readonly history: string
  private readonly payments: Generator<PaymentStreamRecord>
  private number = 0

  constructor(bootstrap: readonly string[], folder: RunFolder, payments: Generator<PaymentStreamRecord>) {
    this.bootstrap = bootstrap.join(',')
    this.history = folder.history('foreign')
    this.payments = payments
  }

  /** One transaction of payments with ids of their own. Where it fails, nobody knows what became of it. */
  async transact(end: 'commit' | 'abort'): Promise<'committed' | 'aborted' | 'unknown'> {
    // `take` would end the stream for the next transaction.
    const records = Array.from({ length: FOREIGN_RECORDS }, () => this.payments.next().value as PaymentStreamRecord)
    const first = this.number
    this.number += records.length
    for (const [i, { key, value, partition, transactionId: id }] of records.entries()) {
      const sha256 = createHash('sha256')
        .update(value ?? '')
        .digest('hex')
      this.tell({ type: 'invoke', stream: 'foreign', n: first + i, partition, key, id, sha256 })
    }
    const hex = (bytes: Uint8Array | string) => Buffer.from(bytes).toString('hex')
    const input = records.map(({ partition, key, value }) => `${partition} ${hex(key)} ${hex(value ?? '')}\n`).join('')
    const printed = await runPython(FOREIGN, [this.bootstrap, INPUT_TOPIC, 'another-team', end], input).catch(
      () => null,
    )
    if (printed === null) return 'unknown'
    const offsets = printed.trim().split('\n').map(Number)
    if (offsets.length !== records.length) throw new Error(`${offsets.length} of ${records.length} records were placed`)
    for (const [i, offset] of offsets.entries()) {
      const outcome = end === 'commit' ? { type: 'ok', offset } : { type: 'fail' }
      this.tell({ ...outcome, stream: 'foreign', n: first + i })
    }
    return end === 'commit' ? 'committed' : 'aborted'
  }

  private tell(line: object): void {
    appendFileSync(this.history, `${JSON.stringify(line)}\n`)
  }
}

/** The payments of a stream, each id once. */
export function* singlePayments(
  ...[settings, maskKey]: Parameters<typeof paymentStream>
): Generator<PaymentStreamRecord> {
  const seen = new Set<string>()
  for (const record of paymentStream(settings, maskKey)) {
    const { transactionId } = record
    if (transactionId === null || seen.has(transactionId)) continue
    seen.add(transactionId)
    yield record
  }
}
