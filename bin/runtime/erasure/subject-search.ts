import { TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { type ListField, listEntriesOf } from '../control/list-entries.ts'
import { scanPartition } from '../partition-scan.ts'
import { OutputValues } from '../record-values.ts'
import type { Session } from '../session.ts'
import { archivedRows } from './archived-rows.ts'
import { subjectMatcher } from './subject.ts'

/** Topics whose records have their sender's account for a key, the smallest and longest kept first. */
const KEYED = [
  TOPICS.fraudActions,
  TOPICS.fraudAlerts,
  TOPICS.paymentsDuplicates,
  TOPICS.paymentsDecided,
  TOPICS.paymentsSubmitted,
] as const
const TEXT = new TextDecoder()
/** Of a token's 64: one in 65,536 of the others is answered too. */
const ASKED_DIGITS = 4

/** The account of a subject: looked for in the log, then in the archive; null when neither knows it. */
export async function accountOf(session: Session<Log>, subject: string): Promise<string | null> {
  const isIt = subjectMatcher(subject, session.folder.keys.maskKeys)
  if (isIt === null) return null
  return (await accountInLog(session, isIt)) ?? accountInArchive(session, isIt)
}

async function accountInLog(
  { log, ids }: Pick<Session<Log>, 'log' | 'ids'>,
  isIt: (accountId: string) => boolean,
): Promise<string | null> {
  const values = new OutputValues(ids)
  let found: string | null = null
  for (const { name: topic, partitions } of KEYED) {
    for (let partition = 0; partition < partitions && found === null; partition++) {
      const at = { topic, partition }
      const { startOffset, endOffset } = await log.bounds(at)
      await scanPartition(log, at, startOffset, endOffset, (record, view) => {
        if (found !== null) return
        const { bytes, keyAt, keyLength } = record
        const key = keyLength > 0 ? TEXT.decode(bytes.subarray(keyAt, keyAt + keyLength)) : ''
        if (key !== '' && isIt(key)) found = key
        const receiver = values.decisionOf(record, view)?.receiverAccountId
        if (receiver !== undefined && isIt(receiver)) found = receiver
      })
    }
  }
  return found
}

async function accountInArchive(
  { config }: Pick<Session<Log>, 'config'>,
  isIt: (accountId: string) => boolean,
): Promise<string | null> {
  const both = ['sender_account_id', 'receiver_account_id'].map(
    (column) => `SELECT DISTINCT ${column} AS account FROM payment_transactions`,
  )
  for await (const { account } of archivedRows(config, () => both.join(' UNION ALL '))) {
    if (typeof account === 'string' && isIt(account)) return account
  }
  return null
}

/**
 * The accounts that have paid with a card or under an e-mail address, in the order in which they are found.
 * @throws ListEntryError when the value is no such thing.
 */
export async function accountsWith(
  session: Session<Log>,
  field: Extract<ListField, 'card' | 'email'>,
  value: string,
): Promise<string[]> {
  const entries = listEntriesOf(field, value, session.folder.keys.maskKeys)
  const tokens = new Set(entries.map((entry) => entry.slice(field.length + 1)))
  const accounts = new Set<string>()
  const { log, ids, config } = session
  const { name: topic, partitions } = TOPICS.paymentsDecided
  const values = new OutputValues(ids)
  for (let partition = 0; partition < partitions; partition++) {
    const at = { topic, partition }
    const { startOffset, endOffset } = await log.bounds(at)
    await scanPartition(log, at, startOffset, endOffset, (record, view) => {
      const decision = values.decisionOf(record, view)
      const token = field === 'card' ? decision?.cardToken : decision?.emailToken
      if (decision !== null && token != null && tokens.has(token)) accounts.add(decision.senderAccountId)
    })
  }
  // The end of a token is asked for and the rest compared here: BigQuery keeps the text of what it was asked for half a year.
  const ends = [...tokens].map((token) => `ends_with(${field}_token, '${token.slice(-ASKED_DIGITS)}')`)
  const sql = `SELECT DISTINCT sender_account_id AS account, ${field}_token AS token FROM payment_transactions WHERE ${ends.join(' OR ')}`
  for await (const { account, token } of archivedRows(config, () => sql)) {
    if (typeof account === 'string' && tokens.has(String(token))) accounts.add(account)
  }
  return [...accounts]
}
