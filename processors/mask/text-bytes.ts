const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** Strings as UTF-8, for the edges: ASCII goes through one scratch buffer without the cost of an encoder. */
export class TextBytes {
  #scratch = new Uint8Array(1024)

  /** The UTF-8 of `text`; valid until the next call. */
  of(text: string): Uint8Array {
    const { length } = text
    if (length > this.#scratch.length) this.#scratch = new Uint8Array(length * 2)
    const scratch = this.#scratch
    for (let i = 0; i < length; i++) {
      const unit = text.charCodeAt(i)
      if (unit > 0x7f) return encoder.encode(text)
      scratch[i] = unit
    }
    return scratch.subarray(0, length)
  }
}

const SHORT_BYTES = 32

/** The text of the first `length` bytes. */
export function textOf(bytes: Uint8Array, length: number): string {
  if (length > SHORT_BYTES) return decoder.decode(bytes.subarray(0, length))
  let text = ''
  for (let i = 0; i < length; i++) {
    if (bytes[i]! > 0x7f) return decoder.decode(bytes.subarray(0, length))
    text += String.fromCharCode(bytes[i]!)
  }
  return text
}
