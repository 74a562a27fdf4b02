/** Who waits for room, with what is to be done when there is some. */
interface Waiting {
  readonly accept: () => void
  readonly refuse: (error: Error) => void
}

/** The bytes that a producer holds for the log, and the callers who wait until there are fewer. First come, first served. */
export class BufferRoom {
  readonly #bytesMax: number
  readonly #waiting: Waiting[] = []
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get bytes(): number {
    return this.#bytes
  }

  /** True when a caller must wait. Whoever waits keeps it so: room goes to them first. */
  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax
  }

  take(bytes: number): void {
    this.#bytes += bytes
  }

  /** Gives bytes back and lets those in who fit now. */
  give(bytes: number): void {
    this.#bytes -= bytes
    while (this.#bytes < this.#bytesMax) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      next.accept()
    }
  }

  /** Resolves with what `accept` returns, called when there is room and nobody came earlier. */
  wait<T>(accept: () => T): Promise<Awaited<T>> {
    return new Promise((resolve, reject) => {
      const acceptNow = () => {
        try {
          resolve(accept() as Awaited<T>)
        } catch (error) {
          reject(error)
        }
      }
      this.#waiting.push({ accept: acceptNow, refuse: reject })
    })
  }

  /** Refuses everybody who waits. */
  refuseAll(error: Error): void {
    for (const { refuse } of this.#waiting.splice(0)) refuse(error)
  }
}
