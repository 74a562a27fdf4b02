import { ARCHIVED_PARTITIONS } from '../../../bigquery/archive-session.ts'
import type { ArchiveTopicView, ComplianceView, MaskingAuditView } from '../../../dashboards/board/views.ts'
import type { Config } from '../../../platform/config.ts'
import { readLag } from '../../../streams/log/lag.ts'
import type { Log, TopicPartition } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { ARCHIVE_GROUP } from '../archive/archive-paths.ts'
import { archiveRows } from '../archive/archive-rows.ts'
import { readErasures } from '../erasure/erasure-file.ts'
import { receiptOf } from '../erasure/receipt.ts'
import type { Session } from '../session.ts'

/** A screen waits no longer for the archive. */
export const ANSWER_MS = 10_000
/** Erasures that the screen shows. */
const ERASURES_MAX = 20
/** Audits that one search shows. */
const FOUND_MAX = 50

/** Where the archive stands in the log, what its view `masking_proof` says, and who is being erased. */
export async function complianceView({
  log,
  config,
  folder,
}: Pick<Session<Log>, 'log' | 'config' | 'folder'>): Promise<ComplianceView> {
  const nowMs = machineTime.nowMs()
  const byTopic = Map.groupBy(ARCHIVED_PARTITIONS, ({ topic }) => topic)
  const topics = await Promise.all([...byTopic].map(([topic, places]) => archivedTopic(log, topic, places, nowMs)))
  const erasures = readErasures(folder.path)
    .toReversed()
    .slice(0, ERASURES_MAX)
    .map((one) => receiptOf({ config }, one))
  try {
    const rows = archiveRows(
      config,
      'SELECT CAST(event_date AS VARCHAR) AS date, payments, audited, cards_shown + codes_shown + expiries_shown AS shown,' +
        ' texts_like_a_card AS texts FROM masking_proof ORDER BY event_date DESC LIMIT 7',
      ANSWER_MS,
    )
    const proof = await Array.fromAsync(rows, ({ date, payments, audited, shown, texts }) => {
      return {
        date: String(date),
        payments: Number(payments),
        audited: Number(audited),
        shown: Number(shown),
        texts: Number(texts),
      }
    })
    return { nowMs, topics, proof, why: null, erasures }
  } catch (error) {
    return { nowMs, topics, proof: [], why: (error as Error).message, erasures }
  }
}

/**
 * The masking audits of a transaction id or of a token, newest first: which fields, by which rule and key, never a value. `find` is
 * text that needs no escaping in SQL. @throws StreamsError when the archive cannot be asked.
 */
export async function maskingAudits(config: Config, find: string): Promise<MaskingAuditView[]> {
  const tokens = ['card_token', 'cardholder_name_token', 'email_token', 'ip_token'].join(', ')
  const rows = archiveRows(
    config,
    'SELECT transaction_id, decision_id, epoch_ms(event_time) AS event_time_ms, mask_key_id,' +
      ' CAST(to_json(fields) AS VARCHAR) AS fields FROM pii_masking_audit' +
      ` WHERE transaction_id = '${find}'` +
      ` OR decision_id IN (SELECT decision_id FROM payment_transactions WHERE '${find}' IN (${tokens}))` +
      ` ORDER BY event_time DESC LIMIT ${FOUND_MAX}`,
    ANSWER_MS,
  )
  return Array.fromAsync(rows, ({ transaction_id, decision_id, event_time_ms, mask_key_id, fields }) => ({
    transactionId: String(transaction_id),
    decisionId: String(decision_id),
    eventTime: Number(event_time_ms),
    keyId: mask_key_id === null ? null : String(mask_key_id),
    fields: maskedFields(String(fields)),
  }))
}

function maskedFields(json: string): MaskingAuditView['fields'] {
  const fields = JSON.parse(json) as readonly {
    readonly field: string
    readonly rule: string
    readonly key_id: string | null
  }[]
  return fields.map(({ field, rule, key_id: keyId }) => ({ field, rule, keyId }))
}

async function archivedTopic(
  log: Log,
  topic: string,
  places: readonly TopicPartition[],
  nowMs: number,
): Promise<ArchiveTopicView> {
  const group = log.group(ARCHIVE_GROUP)
  const each = await Promise.all(
    places.map(async (at) => {
      const [{ startOffset, endOffset }, committed] = await Promise.all([log.bounds(at), group.committed(at)])
      const position = committed?.offset ?? startOffset
      return { position, endOffset, ...(await readLag(log, at, position)) }
    }),
  )
  const sum = (of: (one: (typeof each)[number]) => number) => each.reduce((all, one) => all + of(one), 0)
  const oldestMs = Math.min(...each.map(({ oldestAppendMs }) => oldestAppendMs ?? nowMs))
  return {
    topic,
    position: sum(({ position }) => position),
    end: sum(({ endOffset }) => endOffset),
    records: sum(({ records }) => records),
    behindMs: nowMs - oldestMs,
  }
}
