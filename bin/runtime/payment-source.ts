import { maskPayment } from '../../processors/mask/mask-payment.ts'
import { machineClock } from '../../producers/clock.ts'
import type { MaskPayment } from '../../producers/mask-payment.ts'
import { PaymentProducer } from '../../producers/payment-producer.ts'
import { createHashKernel, HmacTokens } from '../../streams/hash/index.ts'
import type { PaymentTarget } from './payment-target.ts'
import { INPUT_TOPIC, PARTITIONS } from './session.ts'

const KERNEL_ARENA_BYTES = 1 << 20

/** Keyed hashes outside the tasks, with one mask key. */
export interface EdgeTokens {
  readonly keyId: string
  /** HMAC-SHA-256, 64 hexadecimal digits. */
  readonly hmacHex: (message: Uint8Array) => string
}

/** For edges, over a kernel of its own: a kernel holds one set of tokens. With the first mask key, which masks what is new, or another. */
export function edgeTokens({ folder }: Pick<PaymentTarget, 'folder'>, ordinal = 0): EdgeTokens {
  const key = folder.keys.maskKeys[ordinal]
  if (key === undefined) throw new RangeError(`a data folder has no mask key ${ordinal}`)
  const tokens = new HmacTokens(createHashKernel({ arenaBytes: KERNEL_ARENA_BYTES }))
  tokens.useKey(tokens.loadKey(key.secret.slice()))
  return { keyId: key.id, hmacHex: (message) => tokens.hmacHex(message) }
}

/** Masks at the edge with the first mask key (SPEC M1). */
export function edgeMask(target: Pick<PaymentTarget, 'folder'>): MaskPayment {
  const { keyId, hmacHex } = edgeTokens(target)
  return (payment) => maskPayment(payment, hmacHex, keyId)
}

/** The idempotent producer of payments on the log of a data folder or of a cluster. */
export function createProducer(
  target: Pick<PaymentTarget, 'folder' | 'ids' | 'log'>,
  mask: MaskPayment = edgeMask(target),
): PaymentProducer {
  return new PaymentProducer({
    log: target.log,
    name: null,
    topic: INPUT_TOPIC,
    partitions: PARTITIONS,
    paymentSchemaId: target.ids.payment,
    mask,
    clock: machineClock,
  })
}
