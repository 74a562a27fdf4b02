import { maskPayment } from '../../processors/mask/mask-payment.ts'
import { machineClock } from '../../producers/clock.ts'
import type { MaskPayment } from '../../producers/mask-payment.ts'
import { PaymentProducer } from '../../producers/payment-producer.ts'
import { createHashKernel, HmacTokens } from '../../streams/hash/index.ts'
import type { PaymentTarget } from './payment-target.ts'
import { INPUT_TOPIC, PARTITIONS } from './session.ts'

const KERNEL_ARENA_BYTES = 1 << 20

/** Masks at the edge with the first mask key (SPEC M1); not the thread of the tasks: a kernel holds one set of tokens. */
export function edgeMask({ folder }: Pick<PaymentTarget, 'folder'>): MaskPayment {
  const [key] = folder.keys.maskKeys
  if (key === undefined) throw new RangeError('a data folder has at least one mask key')
  const tokens = new HmacTokens(createHashKernel({ arenaBytes: KERNEL_ARENA_BYTES }))
  tokens.useKey(tokens.loadKey(key.secret.slice()))
  return (payment) => maskPayment(payment, (message) => tokens.hmacHex(message), key.id)
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
