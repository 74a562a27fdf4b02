import { invariant } from '../errors.ts'

/**
 * A store whose writes go in place and can be taken back. An overlay is the run of writes since `openOverlay`; the
 * youngest overlay takes the writes, older ones wait for their commit's outcome.
 */
export interface TransactionalStore {
  /** From here on writes belong to a new, youngest overlay. */
  openOverlay(): void
  /** The oldest overlay was committed: it can no longer be taken back. */
  mergeOldest(): void
  /** The youngest overlay was aborted: the store is as it was when that overlay was opened. */
  dropYoungest(): void
}

/**
 * Drives the stores of one task together, so that all of them stand at the same input offset (SPEC X2). At most one
 * overlay is open for writing; any number before it are sealed and wait for the outcome of their transaction.
 */
export class StoreSet {
  readonly #stores: readonly TransactionalStore[]
  #sealed = 0
  #open = false

  constructor(stores: readonly TransactionalStore[]) {
    this.#stores = stores
  }

  /** How many overlays can still be dropped, the open one included. A snapshot may begin at 0. */
  get depth(): number {
    return this.#sealed + (this.#open ? 1 : 0)
  }

  /** Begins the writes of the next batch. */
  open(): void {
    invariant(!this.#open, 'an overlay is opened while another one is still open')
    for (const store of this.#stores) store.openOverlay()
    this.#open = true
  }

  /** Ends the writes of the batch; its transaction may be sent now. */
  seal(): void {
    invariant(this.#open, 'no overlay is open, so none can be sealed')
    this.#open = false
    this.#sealed++
  }

  /** The oldest sealed overlay was committed. */
  mergeOldest(): void {
    invariant(this.#sealed > 0, 'no sealed overlay to merge')
    for (const store of this.#stores) store.mergeOldest()
    this.#sealed--
  }

  /** Takes back the youngest overlay, open or sealed. */
  dropYoungest(): void {
    invariant(this.depth > 0, 'no overlay to drop')
    for (const store of this.#stores) store.dropYoungest()
    if (this.#open) this.#open = false
    else this.#sealed--
  }

  /** Takes back everything that is not committed. */
  dropAll(): void {
    while (this.depth > 0) this.dropYoungest()
  }
}
