import type { RuleSet } from '../../schemas/rule-set.ts'
import type { HashKernel, KeyedHash } from '../../streams/hash/index.ts'
import type { PagePool } from '../../streams/state/page-pool.ts'
import { ARENA_TAIL_BYTES } from '../../streams/task/batch-processor.ts'
import type { KeyRing } from '../mask/key-ring.ts'
import type { TokenSource } from '../mask/mask-context.ts'

/** A verified signature is one of a known signer who may sign this kind (SPEC S7). */
export type VerifySignature = (signerKeyId: string, kind: string, content: Uint8Array, signature: Uint8Array) => boolean

/** What the processors of one thread are given from outside; they build nothing themselves. */
export interface PaymentTools {
  readonly hash: KeyedHash
  readonly arena: Uint8Array
  readonly arenaView: DataView
  /** Where the scratch begins. */
  readonly scratchAt: number
  readonly keys: KeyRing
  readonly tokens: TokenSource
  /** Computes the tokens that were asked for; gives them back. */
  readonly flushTokens: () => void
  readonly resetTokens: () => void
  readonly verifySignature: VerifySignature
  /** First 16 hexadecimal digits of the SHA-256 of a text. */
  readonly digest: (text: string) => string
  /** The rule set before the first RULES_SET record. */
  readonly initialRules: RuleSet
  readonly inputTopic: string
  /** The same as an Avro string. */
  readonly inputTopicBytes: Uint8Array
  /** Ids under which the registry knows the schemas. */
  readonly schemaIds: SchemaIds
  /** Memory for the checkpoints of all partitions. */
  readonly snapshotPages: PagePool
  readonly partitionCount: number
  readonly bounds: PaymentBounds
}

export interface SchemaIds {
  readonly payment: number
  readonly control: number
  readonly decision: number
  readonly resolution: number
  readonly deadLetter: number
  readonly alert: number
  readonly action: number
  readonly duplicate: number
  readonly shadowVerdict: number
}

/** Bounds of one partition's state; each error at a bound names its setting. */
export interface PaymentBounds {
  readonly dedupIdsMax: number
  readonly sendersMax: number
  readonly windowEntriesMax: number
}

/** The tools that belong to a kernel. */
export function kernelTools(kernel: HashKernel): Pick<PaymentTools, 'arena' | 'arenaView' | 'scratchAt'> {
  const { arena, arenaView, arenaBytes } = kernel
  return { arena, arenaView, scratchAt: arenaBytes - ARENA_TAIL_BYTES }
}
