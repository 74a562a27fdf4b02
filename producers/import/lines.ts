/** One line of a file; `number` counts from 1. `text` is null when the line cannot be read: `problem` says why. */
export interface Line {
  readonly number: number
  readonly text: string | null
  readonly problem: 'not UTF-8' | 'too long' | null
}

const LINE_BYTES_MAX = 1 << 18
const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const BYTE_ORDER_MARK = '\ufeff'

/**
 * Cuts bytes into lines, one array for each chunk that ends one. Line ends are LF or CR LF; a last line needs none; a
 * byte order mark at the start is dropped. A line over 256 KiB is reported, not held.
 */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Line[]> {
  const cutter = new LineCutter()
  for await (const chunk of chunks) {
    const lines = cutter.cut(chunk)
    if (lines.length > 0) yield lines
  }
  const last = cutter.end()
  if (last !== null) yield [last]
}

class LineCutter {
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  /** The beginning of a line whose end has not come, up to the bound. */
  #begun: Uint8Array = new Uint8Array(0)
  #overlong = false
  #lines = 0

  cut(chunk: Uint8Array): Line[] {
    const lines: Line[] = []
    let from = 0
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, from)) {
      this.#extend(chunk.subarray(from, end))
      lines.push(this.#finish())
      from = end + 1
    }
    if (from < chunk.length) this.#extend(chunk.subarray(from).slice())
    return lines
  }

  end(): Line | null {
    return this.#begun.length > 0 || this.#overlong ? this.#finish() : null
  }

  #extend(more: Uint8Array): void {
    if (this.#overlong || this.#begun.length + more.length > LINE_BYTES_MAX) {
      this.#overlong = true
      this.#begun = new Uint8Array(0)
    } else if (this.#begun.length === 0) this.#begun = more
    else this.#begun = Buffer.concat([this.#begun, more])
  }

  #finish(): Line {
    const number = ++this.#lines
    const { problem, text } = this.#overlong ? ({ problem: 'too long', text: null } as const) : this.#decode(number)
    this.#begun = new Uint8Array(0)
    this.#overlong = false
    return { number, text, problem }
  }

  #decode(number: number): Pick<Line, 'text' | 'problem'> {
    const bytes = this.#begun.at(-1) === CARRIAGE_RETURN ? this.#begun.subarray(0, -1) : this.#begun
    try {
      const text = this.#decoder.decode(bytes)
      return { text: number === 1 && text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text, problem: null }
    } catch {
      return { text: null, problem: 'not UTF-8' }
    }
  }
}
