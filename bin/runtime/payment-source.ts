import { maskPayment } from '../../processors/mask/mask-payment.ts'
import { machineClock } from '../../producers/clock.ts'
import type { MaskPayment } from '../../producers/mask-payment.ts'
import { PaymentProducer } from '../../producers/payment-producer.ts'
import { createHashKernel, HmacTokens } from '../../streams/hash/index.ts'
import type { Log } from '../../streams/log/log.ts'
import { INPUT_TOPIC, PARTITIONS, type Session } from './session.ts'

const KERNEL_ARENA_BYTES = 1 << 20

/** Masks at the edge with the first mask key (SPEC M1); not the thread of the tasks: a kernel holds one set of tokens. */
export function edgeMask({ folder }: Pick<Session, 'folder'>): MaskPayment {
  const [key] = folder.keys.maskKeys
  if (key === undefined) throw new RangeError('a data folder has at least one mask key')
  const tokens = new HmacTokens(createHashKernel({ arenaBytes: KERNEL_ARENA_BYTES }))
  tokens.useKey(tokens.loadKey(key.secret.slice()))
  return (payment) => maskPayment(payment, (message) => tokens.hmacHex(message), key.id)
}

/** The idempotent producer of payments on the session's log. */
export function createProducer(session: Session<Log>, mask: MaskPayment = edgeMask(session)): PaymentProducer {
  return new PaymentProducer({
    log: session.log,
    name: null,
    topic: INPUT_TOPIC,
    partitions: PARTITIONS,
    paymentSchemaId: session.ids.payment,
    mask,
    clock: machineClock,
  })
}
