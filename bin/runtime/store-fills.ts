import { variableOf } from '../../platform/config.ts'
import type { Logger } from '../../platform/logger.ts'
import type { PaymentStores } from '../../processors/stores/payment-stores.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import type { Pipeline } from './pipeline.ts'

/** SPEC D3: from here on people are told. */
const ALERT_AT = 0.8
const INTERVAL_MS = 5_000

/** How full one bounded store is, 0 to 1, and the variable that bounds it. */
export interface StoreFill {
  readonly store: string
  readonly filled: number
  readonly setting: string
}

/** The fills of a task's stores; empty before it is restored. */
export function storeFills(stores: PaymentStores | null): readonly StoreFill[] {
  if (stores === null) return []
  return [
    { store: 'dedup', filled: stores.dedupTable.filled, setting: variableOf('dedupMaxIdsPerPartition') },
    { store: 'senders', filled: stores.senders.rows.filled, setting: variableOf('sendersMaxPerPartition') },
    { store: 'windows', filled: stores.entries.filled, setting: variableOf('windowsMaxEntriesPerPartition') },
  ]
}

/** Logs, once each, the stores that pass 80 % of their bound. */
export class StoreWatch {
  private readonly pipeline: Pick<Pipeline, 'tasks'>
  private readonly logger: Pick<Logger, 'warn'>
  private readonly told = new Set<string>()

  constructor(pipeline: Pick<Pipeline, 'tasks'>, logger: Pick<Logger, 'warn'>) {
    this.pipeline = pipeline
    this.logger = logger
  }

  async watch(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.look()
      await machineTime.sleep(INTERVAL_MS, signal)
    }
  }

  look(): void {
    for (const { input, stores } of this.pipeline.tasks) {
      for (const { store, filled, setting } of storeFills(stores)) {
        const name = `${input.partition} ${store}`
        if (filled < ALERT_AT || this.told.has(name)) continue
        this.told.add(name)
        this.logger.warn(
          { partition: input.partition, store, filled, setting },
          `${store} is ${Math.round(filled * 100)} % full; at its bound the partition stops: raise ${setting}`,
        )
      }
    }
  }
}
