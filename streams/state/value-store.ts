import { invariant } from '../errors.ts'
import type { TransactionalStore } from './overlay.ts'

/** One immutable value of a task, such as the rule set in force, that is taken back together with the other stores. */
export class ValueStore<T> implements TransactionalStore {
  #value: T
  /** The value at the beginning of each overlay, oldest first. */
  readonly #before: T[] = []

  constructor(initial: T) {
    this.#value = initial
  }

  get(): T {
    return this.#value
  }

  /** Replaces the value; the former one must not be changed in place. */
  set(value: T): void {
    this.#value = value
  }

  openOverlay(): void {
    this.#before.push(this.#value)
  }

  mergeOldest(): void {
    invariant(this.#before.length > 0, 'no overlay to merge')
    this.#before.shift()
  }

  dropYoungest(): void {
    invariant(this.#before.length > 0, 'no overlay to drop')
    this.#value = this.#before.pop() as T
  }
}
