import { invariant } from '../errors.ts'
import type { TransactionalStore } from './overlay.ts'

/**
 * One immutable value of a task that changes as a whole: a rule set, a table of serials, stream time. Dropping an overlay puts
 * back the value that stood when it was opened.
 */
export class Register<T> implements TransactionalStore {
  /** Replace it, never change it in place. */
  value: T
  private readonly before: T[] = []

  constructor(value: T) {
    this.value = value
  }

  openOverlay(): void {
    this.before.push(this.value)
  }

  mergeOldest(): void {
    invariant(this.before.shift() !== undefined, 'no overlay to merge')
  }

  dropYoungest(): void {
    const value = this.before.pop()
    invariant(value !== undefined, 'no overlay to drop')
    this.value = value
  }
}
