import type { ControlRecordReader } from '../../schemas/generated/control-record.ts'
import {
  type ControlKind,
  DeadLetterReasonOrdinal as Reason,
  ResolutionOutcomeOrdinal as Resolution,
} from '../../schemas/generated/enums.ts'
import { canonicalRules, RuleSetSchema } from '../../schemas/rule-set.ts'
import { CONTROL_APPLIED, CONTROL_IGNORED, CONTROL_REFUSED } from '../../streams/disposition.ts'
import { NO_ENTRY } from '../../streams/state/window-store.ts'
import { isKeyId, maskKeyMissing } from '../mask/key-ring.ts'
import { CompiledRules } from '../score/compiled-rules.ts'
import type { PartitionState } from '../stores/partition-state.ts'
import type { PaymentStores } from '../stores/payment-stores.ts'
import { CHALLENGE, REVIEW } from '../stores/pending-decisions.ts'
import { NEVER_MS } from '../stores/senders.ts'
import type { Watches } from '../stores/watches.ts'
import type { ControlDraft } from './control-draft.ts'
import { needsSerial, refusalOf } from './refusal.ts'
import { watchOf } from './standing.ts'

/** SPEC S6: entries on block lists at most; one more is refused. */
const LIST_ENTRIES_MAX = 10_000

/** What came of applying: done, nothing to do, or why not. */
type Applied = 'applied' | 'ignored' | { readonly refused: string }

type Apply = (record: ControlRecordReader, draft: ControlDraft, stores: PaymentStores) => Applied

/**
 * Applies what an operator, the board or the API changes, at this offset (SPEC S6 to S8).
 *
 * Out:   applied; ignored (the later end of a challenge or review); or refused, with nothing changed but nothing lost either.
 * Store: the partition's small values, one sender's standings, or one pending challenge or review.
 */
export function control(record: ControlRecordReader, draft: ControlDraft, stores: PaymentStores): void {
  draft.endedFrom = stores.ended.length
  draft.endedTo = stores.ended.length
  const refused = refusalOf(record, draft, stores)
  const applied = refused === null ? APPLY[record.kindSymbol](record, draft, stores) : { refused }
  if (typeof applied === 'object') {
    draft.disposition = CONTROL_REFUSED
    draft.reason = Reason.CONTROL_REFUSED
    draft.detail = applied.refused
    return
  }
  if (needsSerial(record)) keepSerial(record, stores)
  draft.endedTo = stores.ended.length
  draft.disposition = applied === 'applied' ? CONTROL_APPLIED : CONTROL_IGNORED
}

const APPLY: Readonly<Record<ControlKind, Apply>> = {
  RULES_SET: setRules,
  LIST_ADDED: addToList,
  LIST_REMOVED: removeFromList,
  ACCOUNT_BLOCKED: (record, _draft, stores) => {
    watchOfAccount(record, stores).hardBlockUntilMs = record.hasUntil ? record.until : Number.POSITIVE_INFINITY
    return 'applied'
  },
  ACCOUNT_LIFTED: (record, _draft, stores) => {
    const watch = watchOfAccount(record, stores)
    watch.hardBlockUntilMs = NEVER_MS
    watch.blockUntilMs = NEVER_MS
    watch.closeEpisode()
    return 'applied'
  },
  ACCOUNT_ALLOWED: (record, _draft, stores) => {
    watchOfAccount(record, stores).allowedUntilMs = record.until
    return 'applied'
  },
  MASK_KEY_ACTIVATED: activateMaskKey,
  ERASURE: eraseAccount,
  CHALLENGE_PASSED: ending(CHALLENGE, Resolution.passed),
  CHALLENGE_FAILED: ending(CHALLENGE, Resolution.failed),
  CHALLENGE_EXPIRED: ending(CHALLENGE, Resolution.expired),
  REVIEW_APPROVED: ending(REVIEW, Resolution.approved),
  REVIEW_DECLINED: ending(REVIEW, Resolution.declined),
}

function setRules(record: ControlRecordReader, _draft: ControlDraft, { partition, tools }: PaymentStores): Applied {
  const rules = RuleSetSchema.safeParse(parseJson(record.rules))
  if (!rules.success) return { refused: 'rules: not a valid rule set' }
  if (rules.data.rates[rules.data.currency] !== 1) return { refused: 'rules: the rule currency has no rate of 1' }
  const compiled = new CompiledRules(rules.data, tools.digest(canonicalRules(rules.data)))
  partition.set({ ...partition.get(), rules: compiled })
  return 'applied'
}

function activateMaskKey(record: ControlRecordReader, _draft: ControlDraft, stores: PaymentStores): Applied {
  const id = record.subject ?? ''
  if (!isKeyId(id)) return { refused: 'subject: a mask key id that is not in the key ring' }
  const activeKey = stores.tools.keys.ids.indexOf(id)
  // What becomes of the record must not hang on who folds it: a machine without the key stops before it, and goes on once it has it.
  if (activeKey < 0) throw maskKeyMissing(id)
  stores.partition.set({ ...stores.partition.get(), activeKey })
  return 'applied'
}

function addToList(record: ControlRecordReader, _draft: ControlDraft, stores: PaymentStores): Applied {
  const entry = record.subject ?? ''
  if (!isListEntry(entry)) return { refused: 'subject: not a list entry field:value' }
  const { lists } = stores
  if (lists.size >= LIST_ENTRIES_MAX && !lists.has(entry)) return { refused: 'subject: the lists are full' }
  const untilMs = record.hasUntil ? record.until : Number.POSITIVE_INFINITY
  return replaceLists(stores, new Map(lists).set(entry, untilMs))
}

function removeFromList(record: ControlRecordReader, _draft: ControlDraft, stores: PaymentStores): Applied {
  const entry = record.subject ?? ''
  if (!isListEntry(entry)) return { refused: 'subject: not a list entry field:value' }
  const lists = new Map(stores.lists)
  lists.delete(entry)
  return replaceLists(stores, lists)
}

function replaceLists({ partition }: PaymentStores, lists: PartitionState['lists']): Applied {
  partition.set({ ...partition.get(), lists })
  return 'applied'
}

/** Card, e-mail and address stand on a list by token alone: state holds nobody's address in clear (SPEC M6). */
function isListEntry(entry: string): boolean {
  return /^(?:(?:sender|receiver|device):.+|(?:card|email|ip):v1:[A-Za-z0-9._-]{1,64}:[0-9a-f]{64})$/s.test(entry)
}

/** SPEC B4: nothing that was kept of the account by its payments and standings remains; what it waits for expires. */
function eraseAccount(record: ControlRecordReader, _draft: ControlDraft, stores: PaymentStores): Applied {
  stores.eraseAccount(record.accountIdAt, record.accountIdLength, Resolution.expired)
  return 'applied'
}

/** Ends a pending challenge or review; the first end wins (SPEC S8). */
function ending(kind: number, outcome: number): Apply {
  return (record, draft, stores) => {
    const { pending, ended } = stores
    const offset = decisionOffset(record.decisionId, draft.partition)
    if (offset === null) return 'ignored'
    const other = kind === CHALLENGE ? REVIEW : CHALLENGE
    if (pending.find(other, offset) !== NO_ENTRY) return { refused: 'kind: not how this decision can end' }
    const entry = pending.find(kind, offset)
    if (entry === NO_ENTRY) return 'ignored'
    if (outcome === Resolution.failed) noteFailedCodes(record, entry, stores)
    pending.end(entry, outcome, ended)
    return 'applied'
  }
}

function watchOfAccount(record: ControlRecordReader, stores: PaymentStores): Watches {
  return watchOf(stores, record.accountIdAt, record.accountIdLength)
}

/** The failed codes count against the sender whose payment was challenged (SPEC S1, OTP_FAILED). */
function noteFailedCodes(record: ControlRecordReader, entry: number, stores: PaymentStores): void {
  const { arena, scratchAt } = stores.tools
  const length = stores.pending.copySender(entry, arena, scratchAt)
  watchOf(stores, scratchAt, length).addFailed(record.eventTime, record.failedCodes)
}

/** SPEC S7: only a record that took effect uses up its serial. */
function keepSerial(record: ControlRecordReader, { partition }: PaymentStores): void {
  const { serials, ...state } = partition.get()
  partition.set({ ...state, serials: new Map(serials).set(record.signerKeyId, record.serial) })
}

/** `<partition>-<offset>`; null for what is no decision of this partition. */
function decisionOffset(decisionId: string | null, partition: number): number | null {
  const match = /^(0|[1-9]\d{0,8})-(0|[1-9]\d{0,15})$/.exec(decisionId ?? '')
  return match === null || Number(match[1]) !== partition ? null : Number(match[2])
}

function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return null
  }
}
