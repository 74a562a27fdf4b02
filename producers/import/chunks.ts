/** The chunks of a source, none of them empty, that can be put back after a look. */
export class Chunks {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #onRead: (bytes: number) => void
  readonly #back: Uint8Array[] = []
  #failure: { readonly error: unknown } | null = null

  /** `onRead` hears of every chunk once, when it comes from the source. */
  constructor(source: AsyncIterable<Uint8Array>, onRead: (bytes: number) => void) {
    this.#source = source[Symbol.asyncIterator]()
    this.#onRead = onRead
  }

  /** The next chunk, or null at the end. Not safe for overlapping calls. @throws what the source does, then and ever after. */
  async next(): Promise<Uint8Array | null> {
    const back = this.#back.shift()
    if (back !== undefined) return back
    for (;;) {
      const { done, value } = await this.#read()
      if (done === true) return null
      if (value.length === 0) continue
      this.#onRead(value.length)
      return value
    }
  }

  /** A source that has failed says afterwards that it is at its end, which nobody may believe. */
  async #read(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#failure !== null) throw this.#failure.error
    try {
      return await this.#source.next()
    } catch (error) {
      this.#failure = { error }
      throw error
    }
  }

  /** The next chunk, made of several if one alone is shorter than `bytes`; shorter or empty only at the end. */
  async atLeast(bytes: number): Promise<Uint8Array> {
    let joined: Uint8Array = new Uint8Array(0)
    while (joined.length < bytes) {
      const chunk = await this.next()
      if (chunk === null) break
      joined = joined.length === 0 ? chunk : Buffer.concat([joined, chunk])
    }
    return joined
  }

  /** The given ones come next, in their order. */
  putBack(chunks: readonly Uint8Array[]): void {
    this.#back.unshift(...chunks.filter(({ length }) => length > 0))
  }

  async *rest(): AsyncGenerator<Uint8Array> {
    for (let chunk = await this.next(); chunk !== null; chunk = await this.next()) yield chunk
  }

  /** Closes the source. A read of a pipe may be under way and never end, so nobody waits. */
  close(): void {
    this.#source.return?.().catch(() => undefined)
  }
}
