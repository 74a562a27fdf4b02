import { DeliveryDecoder } from '../../../redis-alerts/hooks/delivery-decoder.ts'
import { DeliveryLog } from '../../../redis-alerts/hooks/delivery-log.ts'
import type { HookDelivery } from '../../../schemas/generated/hook-delivery.ts'
import { TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import { hookDeliveryId } from '../schema-ids.ts'
import type { Session } from '../session.ts'

const FETCH_BYTES = 1 << 20
const FETCH_WAIT_MS = 1_000

/** Visits every record of `hooks.deliveries` that stands in the log, those of one action in their order. */
export async function visitDeliveries(session: Session<Log>, visit: (delivery: HookDelivery) => void): Promise<void> {
  const decoder = new DeliveryDecoder(await hookDeliveryId(session.registry))
  const { name: topic, partitions } = TOPICS.hooksDeliveries
  for (let partition = 0; partition < partitions; partition++) {
    const at = { topic, partition }
    const { startOffset, endOffset } = await session.log.bounds(at)
    const reader = session.log.openReader(at, startOffset)
    try {
      for (let offset = startOffset; offset < endOffset; ) {
        const { bytes, nextOffset } = await reader.fetch(FETCH_BYTES, FETCH_WAIT_MS)
        for (const { delivery } of decoder.read(bytes, at, offset, endOffset)) visit(delivery)
        offset = nextOffset
      }
    } finally {
      reader.close()
    }
  }
}

/** The newest record of each delivery that no receiver has taken, oldest first. */
export async function undelivered(session: Session<Log>): Promise<HookDelivery[]> {
  const newest = new Map<string, HookDelivery>()
  await visitDeliveries(session, (delivery) => {
    const key = `${delivery.hook} ${delivery.actionId}`
    if (delivery.outcome === 'DELIVERED') newest.delete(key)
    else newest.set(key, delivery)
  })
  return [...newest.values()].sort((a, b) => a.triedAt - b.triedAt)
}

/** Asks for new tries of deliveries that are over: whoever runs their hook hears of it, or learns it at its next start. */
export async function askReplay(session: Session<Log>, deliveries: readonly HookDelivery[]): Promise<void> {
  const log = new DeliveryLog(session.log, await hookDeliveryId(session.registry))
  try {
    await Promise.all(
      deliveries.map((delivery) =>
        log.append({
          ...delivery,
          outcome: 'REPLAY_ASKED',
          tries: 0,
          status: null,
          detail: 'REPLAY_ASKED',
          triedAt: machineTime.nowMs(),
          latencyMs: 0,
          nextTryAt: null,
        }),
      ),
    )
  } finally {
    await log.close()
  }
}

/** The newest record of each of these actions and a hook, whatever came of it; those without one are left out. */
export async function newestOf(
  session: Session<Log>,
  hook: string,
  actionIds: readonly string[],
): Promise<HookDelivery[]> {
  const newest = new Map<string, HookDelivery>()
  await visitDeliveries(session, (delivery) => {
    if (delivery.hook === hook && actionIds.includes(delivery.actionId)) newest.set(delivery.actionId, delivery)
  })
  return [...newest.values()]
}
