import { type RuleSet, RuleSetSchema } from '../../schemas/rule-set.ts'
import type { JsonState } from '../../streams/state/json-section.ts'
import type { ValueStore } from '../../streams/state/value-store.ts'
import type { StreamTime } from '../../streams/stream-time.ts'
import { type KeyRing, maskKeyMissing } from '../mask/key-ring.ts'
import { CompiledRules } from '../score/compiled-rules.ts'

/** What control records have set in this partition (SPEC S6). Replaced as a whole, never changed in place. */
export interface PartitionState {
  readonly rules: CompiledRules
  /** Ordinal in the key ring of the mask key in force. */
  readonly activeKey: number
  /** The last serial by signer key id (SPEC S7). */
  readonly serials: ReadonlyMap<string, number>
  /** Block lists: `field:value` to the end of the entry in event time (SPEC S1, LISTED). */
  readonly lists: ReadonlyMap<string, number>
}

interface Saved {
  readonly streamTimeMs: number
  readonly heads: readonly number[]
  readonly rules: RuleSet
  readonly rulesHash: string
  /** For programs from before 2026-11-27, which know no id. */
  readonly activeKey: number
  /** The order of a ring is its machine's own. */
  readonly activeKeyId?: string
  readonly serials: readonly (readonly [string, number])[]
  /** An entry without end has null: JSON knows no infinity. */
  readonly lists: readonly (readonly [string, number | null])[]
}

/** The partition's small values as one JSON section of a checkpoint. */
export function partitionSection(
  state: ValueStore<PartitionState>,
  streamTime: StreamTime,
  heads: readonly ValueStore<number>[],
  { ids }: KeyRing,
): JsonState {
  return {
    read: (): Saved => {
      const { rules, activeKey, serials, lists } = state.get()
      return {
        streamTimeMs: streamTime.ms,
        heads: heads.map((head) => head.get()),
        rules: rules.rules,
        rulesHash: rules.hash,
        activeKey,
        activeKeyId: ids[activeKey]!,
        serials: [...serials],
        lists: [...lists].map(([entry, untilMs]) => [entry, Number.isFinite(untilMs) ? untilMs : null]),
      }
    },
    write: (value) => {
      // Its checksum was verified and its layout is this version's own.
      const saved = value as Saved
      const activeKey = saved.activeKeyId === undefined ? saved.activeKey : ids.indexOf(saved.activeKeyId)
      if (ids[activeKey] === undefined) throw maskKeyMissing(saved.activeKeyId ?? `number ${saved.activeKey}`)
      streamTime.ms = saved.streamTimeMs
      for (const [i, head] of heads.entries()) head.set(saved.heads[i] as number)
      state.set({
        rules: new CompiledRules(RuleSetSchema.parse(saved.rules), saved.rulesHash),
        activeKey,
        serials: new Map(saved.serials),
        lists: new Map(saved.lists.map(([entry, untilMs]) => [entry, untilMs ?? Number.POSITIVE_INFINITY])),
      })
    },
  }
}
