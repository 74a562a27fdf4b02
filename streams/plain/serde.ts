/**
 * How keys or values of one kind become bytes and back. Both ends meet null, which is a record without a key, or a
 * tombstone. `decode` throws on what is none of its kind: the record then is a dead letter. The bytes that `decode` is
 * given are the log's: what is kept of them must be copied.
 */
export interface Serde<T> {
  encode(value: T): Uint8Array | null
  decode(bytes: Uint8Array | null): T
}

/** A serde of your own, for values that are never null. `encode` must answer new bytes each time. */
export function serde<T>(encode: (value: T) => Uint8Array, decode: (bytes: Uint8Array) => T): Serde<T> {
  return {
    encode,
    decode(bytes) {
      if (bytes === null) throw new Error('it is null')
      return decode(bytes)
    },
  }
}

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text, as UTF-8. */
export const text: Serde<string> = serde(
  (value) => utf8.encode(value),
  (bytes) => strictUtf8.decode(bytes),
)

/** A number, as the eight bytes of a big-endian double: what Kafka's DoubleSerializer writes. */
export const number: Serde<number> = serde(
  (value) => {
    const encoded = new Uint8Array(8)
    new DataView(encoded.buffer).setFloat64(0, value)
    return encoded
  },
  (encoded) => {
    if (encoded.length !== 8) throw new Error(`a number has 8 bytes, this has ${encoded.length}`)
    return new DataView(encoded.buffer, encoded.byteOffset).getFloat64(0)
  },
)

/** Bytes as they are; copied both ways. */
export const bytes: Serde<Uint8Array> = serde(
  (value) => value.slice(),
  (encoded) => encoded.slice(),
)

/**
 * A JSON value. Its shape is taken on trust: give `check` to refuse what is none (it throws, or answers the value to
 * use, as the `parse` of a schema library does).
 */
export function json<T>(check: (value: unknown) => T = (value) => value as T): Serde<T> {
  return serde(
    (value) => {
      const encoded: string | undefined = JSON.stringify(value)
      if (encoded === undefined) throw new Error(`${String(value)} is no JSON value`)
      return utf8.encode(encoded)
    },
    (encoded) => check(JSON.parse(strictUtf8.decode(encoded))),
  )
}

/** No key, or no value. A record that has one is read as if it had none. */
export const none: Serde<null> = { encode: () => null, decode: () => null }

/** A key that may be missing, or a value that may be a tombstone. */
export function optional<T>(inner: Serde<T>): Serde<T | null> {
  return {
    encode: (value) => (value === null ? null : inner.encode(value)),
    decode: (encoded) => (encoded === null ? null : inner.decode(encoded)),
  }
}
