import type { PaymentSubmittedReader } from '../../schemas/generated/payment-submitted.ts'

import { canonicalRules } from '../../schemas/rule-set.ts'
import { StreamsError } from '../../streams/errors.ts'
import { DedupSection } from '../../streams/state/dedup-section.ts'
import { DedupTable } from '../../streams/state/dedup-table.ts'
import { JsonSection } from '../../streams/state/json-section.ts'
import { StoreSet } from '../../streams/state/overlay.ts'
import { RowSection } from '../../streams/state/row-section.ts'
import type { RowStore } from '../../streams/state/row-store.ts'
import type { CheckpointedStore } from '../../streams/state/section.ts'
import { StateDigest } from '../../streams/state/state-digest.ts'
import type { TaskStores } from '../../streams/state/task-stores.ts'
import { ValueStore } from '../../streams/state/value-store.ts'
import { WindowRing } from '../../streams/state/window-ring.ts'
import { WindowRingSection } from '../../streams/state/window-ring-section.ts'
import { NO_ENTRY } from '../../streams/state/window-store.ts'
import { StreamTime } from '../../streams/stream-time.ts'
import type { MaskContext } from '../mask/mask-context.ts'
import type { PaymentDraft } from '../payment-draft.ts'
import { CompiledRules } from '../score/compiled-rules.ts'
import { EndedDecisions } from './ended-decisions.ts'
import { ENTRY_DOUBLES, ENTRY_INTS, HELD_MS, NO_ROW } from './layout.ts'
import { listEntries } from './listed-values.ts'
import { type PartitionState, partitionSection } from './partition-state.ts'
import type { PaymentTools } from './payment-tools.ts'
import { PendingDecisions } from './pending-decisions.ts'
import { Senders } from './senders.ts'
import { Watches } from './watches.ts'

/** SPEC D1. */
const HORIZON_MS = 3_600_000
/** SPEC S2: a sender idle for longer is forgotten. */
const IDLE_MS: number = 90 * 86_400_000
const ID_BYTES_MAX = 64
/** Senders that one merge looks at for eviction at most: as many as it has first sights, so that a small one costs little. */
const SWEPT_A_MERGE = 256

/** The state of one partition (SPEC V, D, S): what every stage reads and writes, opened, merged and dropped together. */
export class PaymentStores implements TaskStores {
  readonly set: StoreSet
  readonly tools: PaymentTools
  readonly hash: PaymentTools['hash']
  readonly masking: MaskContext
  readonly streamTime = new StreamTime()
  readonly dedupTable: DedupTable
  readonly senders: Senders
  readonly watches: Watches
  /** Window entries of all senders. */
  readonly entries: WindowRing
  readonly pending: PendingDecisions
  /** Challenges and reviews that ended in the run under way; not state. */
  readonly ended = new EndedDecisions()
  readonly partition: ValueStore<PartitionState>
  readonly sections: readonly CheckpointedStore[]
  /** What `touchState` has read; not state. */
  touched = 0
  /** First sights since senders were last swept. */
  #unswept = 0

  constructor(partition: number, tools: PaymentTools) {
    const { bounds, initialRules, inputTopic, digest } = tools
    const place = { topic: inputTopic, partition }
    this.tools = tools
    this.hash = tools.hash
    this.dedupTable = new DedupTable({
      horizonMs: HORIZON_MS,
      maxIds: bounds.dedupIdsMax,
      setting: 'dedup.maxIdsPerPartition',
      place,
    })
    this.senders = new Senders(bounds.sendersMax, place)
    this.watches = new Watches(bounds.sendersMax, place)
    this.entries = new WindowRing({
      name: 'windows',
      heldMs: HELD_MS,
      doubles: ENTRY_DOUBLES,
      ints: ENTRY_INTS,
      idBytesMax: ID_BYTES_MAX,
      maxEntries: bounds.windowEntriesMax,
      setting: 'windows.maxEntriesPerPartition',
      place,
    })
    this.pending = new PendingDecisions(place)
    const rules = new CompiledRules(initialRules, digest(canonicalRules(initialRules)))
    this.partition = new ValueStore({ rules, activeKey: 0, serials: new Map(), lists: new Map() })
    const { heads } = this.pending
    const rows = [this.senders.rows, this.watches.rows, this.pending.entries.rows]
    this.set = new StoreSet([this.streamTime, this.dedupTable, ...rows, this.entries, ...heads, this.partition])
    this.masking = new PartitionMasking(tools, this.partition)
    this.sections = [
      new DedupSection('dedup', this.dedupTable),
      ...rows.map((store) => new RowSection(store, tools.snapshotPages)),
      new WindowRingSection(this.entries),
      new JsonSection('partition', partitionSection(this.partition, this.streamTime, heads, tools.keys)),
    ]
  }

  get streamTimeMs(): number {
    return this.streamTime.ms
  }

  /** The rule set in force. */
  get rules(): CompiledRules {
    return this.partition.get().rules
  }

  /** The block lists in force. */
  get lists(): PartitionState['lists'] {
    return this.partition.get().lists
  }

  /** Puts the cursor on the sender's row, if it has one, and says whether it is known: not idle for so long that it is forgotten. */
  findSender(draft: PaymentDraft): void {
    const { senders } = this
    draft.sender = senders.rows.find(draft.sender0, draft.sender1, draft.sender2, draft.sender3)
    draft.known = false
    if (draft.sender === NO_ROW) return
    senders.at(draft.sender)
    draft.known = senders.highestMs >= draft.streamTimeMs - IDLE_MS
  }

  /** Head of the window of the sender under the cursor, which is on `row`. */
  windowOf(row: number): number {
    return this.entries.headOf(row, this.senders.window)
  }

  /**
   * Makes the sender under the cursor, which is writable, as if it had never paid (SPEC S2). Standings stay, unless they ended before
   * the time that a sender is forgotten after: an evicted sender, who has no row, must be judged alike.
   */
  forgetSender(streamTimeMs: number): void {
    const { senders, watches } = this
    senders.forget()
    if (senders.watch === NO_ROW) return
    this.editWatch()
    watches.forget(streamTimeMs - IDLE_MS)
  }

  /**
   * Makes the account whose id of `length` bytes stands at `at` in the arena as if it had never been here: row, watch and the ids of its
   * window go, and its challenges and reviews end with `outcome`. What it has on block lists is theirs.
   */
  eraseAccount(at: number, length: number, outcome: number): void {
    const { hash, senders, watches, entries, pending, tools, ended } = this
    pending.endAllOf(tools.arena, at, length, outcome, ended)
    hash.hash(at, length)
    const row = senders.rows.find(hash.words[0]!, hash.words[1]!, hash.words[2]!, hash.words[3]!)
    if (row === NO_ROW) return
    senders.at(row)
    for (let entry = this.windowOf(row); entry !== NO_ENTRY; entry = entries.older(entry)) entries.clearId(entry)
    if (senders.watch !== NO_ROW) watches.rows.remove(senders.watch)
    senders.rows.remove(row)
  }

  /** Puts the watch cursor on the watch of the sender under the cursor, ready to be written; makes one if there is none. */
  editWatch(): void {
    const { senders, watches } = this
    if (senders.watch === NO_ROW) {
      senders.edit()
      senders.watch = watches.add()
    } else {
      watches.at(senders.watch)
      watches.edit()
    }
  }

  /** Whether any value of the payment stands on a block list in force. */
  isListed(payment: PaymentSubmittedReader, draft: PaymentDraft): boolean {
    const { lists } = this
    return listEntries(payment, draft, this.tools).some((entry) => draft.eventTimeMs < (lists.get(entry) ?? -1))
  }

  /** Before each first sight. @throws StreamsError ROWS_FULL when it might not find a row. Nothing has changed then. */
  requireRoom(): void {
    this.#unswept++
    requireRow(this.senders.rows)
    requireRow(this.watches.rows)
    this.entries.requireRoom()
  }

  expire(all: boolean): void {
    const { dedupTable, entries, senders, streamTime } = this
    entries.expire(streamTime.committedMs)
    dedupTable.expire(streamTime.committedMs, all ? Number.POSITIVE_INFINITY : undefined)
    senders.rows.sweep(all ? senders.rows.end : Math.min(this.#unswept, SWEPT_A_MERGE), this.#isSpent)
    this.#unswept = 0
  }

  /** Digest of all state that can still have an effect: two tasks with equal digests decide alike from here on. */
  digest(): string {
    const digest = new StateDigest()
    const { rules, activeKey, serials, lists } = this.partition.get()
    digest.double(this.streamTime.ms)
    const text = JSON.stringify([rules.hash, this.tools.keys.ids[activeKey], [...serials], [...lists]])
    for (let i = 0; i < text.length; i++) digest.int(text.charCodeAt(i))
    return [this.dedupTable.digest(this.streamTime.ms), this.digestSenders(), digest.hex()].join('-')
  }

  private digestSenders(): string {
    const { senders, watches, entries } = this
    return senders.rows.digest((row, digest) => {
      senders.at(row)
      senders.describe(digest)
      entries.describe(this.windowOf(row), this.streamTime.ms, digest)
      if (senders.watch === NO_ROW) return
      // Whether an empty watch still stands depends on when the last sweep came by.
      watches.at(senders.watch)
      if (!watches.isBlank) watches.describe(digest)
    })
  }

  /** Whether nothing of the sender can have an effect any more; its watch goes with it. */
  readonly #isSpent = (row: number): boolean => {
    const { senders, watches } = this
    const idleFromMs = this.streamTime.committedMs - IDLE_MS
    senders.at(row)
    if (senders.highestMs >= idleFromMs) return false
    if (senders.watch !== NO_ROW) {
      watches.at(senders.watch)
      if (!watches.isSpent(idleFromMs)) return false
      watches.rows.remove(senders.watch)
    }
    return true
  }
}

/** What the mask reads of a partition. A class, since a literal with a getter has slow properties in V8. */
class PartitionMasking implements MaskContext {
  readonly input: MaskContext['input']
  readonly keys: MaskContext['keys']
  readonly tokens: MaskContext['tokens']
  readonly partitionCount: number
  readonly #partition: ValueStore<PartitionState>

  constructor(tools: PaymentTools, partition: ValueStore<PartitionState>) {
    this.input = tools.arena
    this.keys = tools.keys
    this.tokens = tools.tokens
    this.partitionCount = tools.partitionCount
    this.#partition = partition
  }

  get activeKey(): number {
    return this.#partition.get().activeKey
  }
}

function requireRow({ size, options }: RowStore): void {
  const { maxRows, name, setting, place } = options
  if (size < maxRows) return
  const what = `store ${name} is at its bound, ${setting} = ${maxRows}`
  throw new StreamsError('ROWS_FULL', 'stop', `${what}; nothing is lost: raise ${setting} and start again`, place)
}
