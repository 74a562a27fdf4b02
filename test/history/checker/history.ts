import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a call asks for: with another one a key stands for other content. */
export interface Body {
  readonly transactionId: string
  readonly fromAccount: string
  readonly amountMinor: number
}

/** A call, written before its first byte is sent. Times are of the one monotonic clock of all clients. */
export interface CallLine {
  readonly type: 'call'
  readonly n: number
  readonly kind: 'confirm' | 'read'
  readonly caller: string
  /** Of a read: empty. */
  readonly key: string
  readonly body: Body
  /** The life of the instance that was called: another one after each start. */
  readonly life: string
  readonly atMs: number
}

/** Its answer. A call without one was cut off, and what became of it is unknown. */
export interface EndLine {
  readonly type: 'end'
  readonly n: number
  readonly atMs: number
  readonly status: number
  readonly text: string
}

export type HistoryLine = CallLine | EndLine

export interface ClaimRow {
  readonly claimId: string
  readonly caller: string
  readonly key: string
  readonly partition: number
  readonly offset: number
  readonly appendTimeMs: number
  /** Set in a second record, which names the decision on another claim's payment. */
  readonly decisionId: string | null
}

export interface DecisionRow {
  readonly decisionId: string
  readonly transactionId: string
  readonly account: string
  readonly amountMinor: number
  /** The idempotency key of the payment's record. */
  readonly claimId: string | null
  readonly outcome: string
  /** Of the payment's record in the input. */
  readonly appendTimeMs: number
}

export interface ResolutionRow {
  readonly decisionId: string
  readonly outcome: string
}

/** What the log holds at the end. */
export interface LogRows {
  readonly claims: readonly ClaimRow[]
  readonly decisions: readonly DecisionRow[]
  readonly resolutions: readonly ResolutionRow[]
}

/** All that is judged: `history.jsonl` and `log.json` of a folder. */
export interface Evidence {
  readonly history: readonly HistoryLine[]
  readonly log: LogRows
}

export function readEvidence(folder: string): Evidence {
  const lines = readFileSync(join(folder, 'history.jsonl'), 'utf8').split('\n').filter(Boolean)
  return {
    history: lines.map((line) => JSON.parse(line) as HistoryLine),
    log: JSON.parse(readFileSync(join(folder, 'log.json'), 'utf8')) as LogRows,
  }
}
