import { StreamsError } from '../../streams/errors.ts'
import { callError, judge, type StorageStatus } from './storage-errors.ts'

/** A row that its table does not take: its place among the rows of the request, and what BigQuery says of it. */
export interface RefusedRow {
  readonly index: number
  readonly message: string
}

/** What an append comes to: the rows are in the table, or none of them is, since some are refused. */
export type Appended = 'appended' | readonly RefusedRow[]

/** One answer of AppendRows, as far as it counts. */
export interface AppendAnswer {
  readonly error?: { readonly code?: number | null; readonly message?: string | null } | null
  /** The code in the error's details; 0 for none. */
  readonly storageError: number
  readonly rowErrors?: readonly { readonly index?: unknown; readonly message?: string | null }[] | null
}

/** The connection of one write stream, as the client gives it: answers come in the order of the requests. */
export interface AppendCall {
  write(offset: number, rows: readonly Uint8Array[]): void
  onAnswer(answered: (answer: AppendAnswer) => void): void
  /** The connection is over; null when nothing went wrong with it. */
  onEnd(ended: (status: StorageStatus | null) => void): void
  close(): void
}

interface Pending {
  readonly resolve: (appended: Appended) => void
  readonly reject: (error: StreamsError) => void
}

/**
 * Appends rows to one write stream. An answer of the service never rejects in the library, whatever it says: here every one is
 * judged. After a rejection the channel is dead, and what was in flight may be in the table or not.
 */
export class AppendChannel {
  private readonly call: AppendCall
  private readonly table: string
  private readonly timeoutMs: number
  private readonly pending: Pending[] = []
  private dead: StreamsError | null = null
  private timer: NodeJS.Timeout | null = null

  constructor(call: AppendCall, table: string, timeoutMs: number) {
    this.call = call
    this.table = table
    this.timeoutMs = timeoutMs
    call.onAnswer((answer) => this.answered(answer))
    call.onEnd((status) => this.fail(this.endError(status)))
  }

  get isOpen(): boolean {
    return this.dead === null
  }

  /** Appends rows at an offset of the stream. @throws StreamsError by what happens next. */
  append(offset: number, rows: readonly Uint8Array[]): Promise<Appended> {
    if (this.dead !== null) return Promise.reject(this.dead)
    return new Promise((resolve, reject) => {
      this.pending.push({ resolve, reject })
      if (this.pending.length === 1) this.expectAnswer()
      this.call.write(offset, rows)
    })
  }

  close(): void {
    this.fail(new StreamsError('BIGQUERY_CLOSED', 'retry', 'the connection to BigQuery is closed'))
  }

  private answered(answer: AppendAnswer): void {
    const append = this.pending.shift()
    if (append === undefined) return
    this.expectAnswer()
    const { error, storageError, rowErrors } = answer
    const refused = rowErrors ?? []
    if (error == null && refused.length === 0) {
      append.resolve('appended')
      return
    }
    const { code, message } = error ?? {}
    const judged = judge({ status: code ?? STATUS_INVALID_ARGUMENT, storageError, message: this.named(message) })
    if (judged.verdict === 'done') append.resolve('appended')
    else if (judged.verdict === 'refused') append.resolve(refused.map(rowOf))
    else {
      const failure = callError(judged)
      append.reject(failure)
      this.fail(failure)
    }
  }

  private endError(status: StorageStatus | null): StreamsError {
    if (status === null) return new StreamsError('BIGQUERY_CLOSED', 'retry', 'BigQuery has closed the connection')
    return callError(judge({ ...status, message: this.named(status.message) }))
  }

  private fail(error: StreamsError): void {
    if (this.dead !== null) return
    this.dead = error
    this.call.close()
    for (const { reject } of this.pending.splice(0)) reject(error)
    this.expectAnswer()
  }

  /** A connection that is silent for too long while something is in flight is given up. */
  private expectAnswer(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
    if (this.pending.length === 0) return
    this.timer = setTimeout(() => {
      const what = `BigQuery has not answered for ${this.timeoutMs} ms (${this.table}); appended again`
      this.fail(new StreamsError('BIGQUERY_TIMED_OUT', 'retry', what))
    }, this.timeoutMs)
  }

  private named(message: string | null | undefined): string {
    return `${message ?? 'no reason given'} (${this.table})`
  }
}

const STATUS_INVALID_ARGUMENT = 3

function rowOf({ index, message }: { readonly index?: unknown; readonly message?: string | null }): RefusedRow {
  return { index: Number(index ?? 0), message: message ?? '' }
}
