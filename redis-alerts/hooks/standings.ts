import type { HookDelivery } from '../../schemas/generated/hook-delivery.ts'
import type { DeliveryPlace } from './delivery-log.ts'
import type { ActionPlace } from './hook-action.ts'

/** The newest record of an action that may still be needed after a restart. */
interface Standing {
  readonly delivery: HookDelivery
  readonly place: DeliveryPlace
}

/**
 * Where the deliveries of one hook stand: a fold of its records on `hooks.deliveries`. It holds those that are open, and those
 * that are over but whose action would be read again after a crash. So a restart sends nothing twice that is on record,
 * and knows from where on the records are needed.
 */
export class Standings {
  /** By the action's place. */
  private readonly newest = new Map<string, Standing>()

  apply(delivery: HookDelivery, place: DeliveryPlace): void {
    this.newest.set(keyOf({ partition: delivery.actionPartition, offset: delivery.actionOffset }), { delivery, place })
  }

  /** Whether an action is on record already, so that who reads it leaves it alone. */
  has(place: ActionPlace): boolean {
    return this.newest.has(keyOf(place))
  }

  /** Deliveries that are to go on. */
  open(): HookDelivery[] {
    return [...this.newest.values()].flatMap(({ delivery }) => (isOpen(delivery) ? [delivery] : []))
  }

  /** Forgets what is over of actions before offset `committed` of a partition: they are not read again. */
  release(partition: number, committed: number): void {
    for (const [key, { delivery }] of this.newest) {
      const { actionPartition, actionOffset } = delivery
      if (actionPartition === partition && actionOffset < committed && !isOpen(delivery)) this.newest.delete(key)
    }
  }

  /** The first record of a partition of `hooks.deliveries` that is still needed; `end` where none is. */
  neededFrom(partition: number, end: number): number {
    let first = end
    for (const { place } of this.newest.values()) {
      if (place.partition === partition) first = Math.min(first, place.offset)
    }
    return first
  }
}

function isOpen({ outcome }: HookDelivery): boolean {
  return outcome === 'FAILED' || outcome === 'REPLAY_ASKED'
}

function keyOf({ partition, offset }: ActionPlace): string {
  return `${partition}-${offset}`
}
