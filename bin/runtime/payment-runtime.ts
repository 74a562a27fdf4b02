import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto'
import { KeyRing } from '../../processors/mask/key-ring.ts'
import { KernelTokens } from '../../processors/mask/mask-context.ts'
import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import {
  kernelTools,
  type PaymentBounds,
  type PaymentTools,
  type SchemaIds,
  type VerifySignature,
} from '../../processors/stores/payment-tools.ts'
import { paymentsTopology } from '../../processors/topology.ts'
import { encodeString } from '../../schemas/avro/bytes.ts'
import type { RuleSet } from '../../schemas/rule-set.ts'
import { TOPICS } from '../../schemas/topics.ts'
import { createHashKernel, HmacTokens, KeyedHash } from '../../streams/hash/index.ts'
import { PagePool } from '../../streams/state/page-pool.ts'
import { BatchProcessor } from '../../streams/task/batch-processor.ts'
import type { AskSchemaVersion } from '../../streams/task/schema-version.ts'
import { inlineMore } from './inlining.ts'

/** A key that tokens are made with (SPEC M3). */
export interface MaskKey {
  readonly id: string
  readonly secret: Uint8Array
}

/** Who may sign control records, and which kinds (SPEC S7). `publicKey` is Ed25519, PEM. */
export interface Signer {
  readonly id: string
  readonly publicKey: string
  readonly kinds: readonly string[]
}

/** Everything the chain is given that is secret or set by people. */
export interface PaymentRuntimeOptions {
  readonly maskKeys: readonly MaskKey[]
  /** 16 bytes: the keyed hashes of the state. Its id stands in every checkpoint. */
  readonly stateKey: Uint8Array
  readonly signers: readonly Signer[]
  readonly initialRules: RuleSet
  readonly schemaIds: SchemaIds
  /** Tells what a schema id of the input is that is not one of `schemaIds`; without it such a record is poison. */
  readonly askSchemaVersion?: AskSchemaVersion
  readonly partitionCount: number
  readonly bounds: PaymentBounds
  readonly arenaBytes: number
}

/** Builds the chain of one thread: hash kernel, tools, topology, and the processor that all its tasks share. Has V8 inline more from here on. */
export function createPaymentRuntime(options: PaymentRuntimeOptions): BatchProcessor<PaymentStores> {
  inlineMore()
  const kernel = createHashKernel({ arenaBytes: options.arenaBytes })
  const tokens = new HmacTokens(kernel)
  const { maskKeys, schemaIds, initialRules, partitionCount, bounds } = options
  const inputTopic = TOPICS.paymentsSubmitted.name
  const tools: PaymentTools = {
    ...kernelTools(kernel),
    hash: new KeyedHash(kernel, options.stateKey.slice()),
    keys: new KeyRing(maskKeys.map(({ id }) => id)),
    tokens: new KernelTokens(
      kernel,
      tokens,
      maskKeys.map(({ secret }) => secret.slice()),
    ),
    flushTokens: () => tokens.flush(),
    resetTokens: () => tokens.reset(),
    verifySignature: signatureVerifier(options.signers),
    digest: rulesDigest,
    initialRules,
    inputTopic,
    inputTopicBytes: encodeString(inputTopic),
    schemaIds,
    snapshotPages: new PagePool(),
    partitionCount,
    bounds,
  }
  return new BatchProcessor(paymentsTopology(tools), kernel, options.askSchemaVersion)
}

/** First 16 hexadecimal digits of the SHA-256 of a rule set's canonical text. */
export function rulesDigest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

function signatureVerifier(signers: readonly Signer[]): VerifySignature {
  const known = new Map<string, { readonly key: KeyObject; readonly kinds: ReadonlySet<string> }>()
  for (const { id, publicKey, kinds } of signers) {
    known.set(id, { key: createPublicKey(publicKey), kinds: new Set(kinds) })
  }
  return (signerKeyId, kind, content, signature) => {
    const signer = known.get(signerKeyId)
    return signer?.kinds.has(kind) === true && verify(null, content, signer.key, signature)
  }
}
