import { type Encoded, encoded, putLong, putRaw } from '../../schemas/avro/bytes.ts'
import { StreamsError } from '../../streams/errors.ts'
import { TOKEN_DIGITS } from '../../streams/hash/index.ts'

/** Avro's encoding of the branch of an optional string that holds one. */
const TEXT_BRANCH = 2
/** Starts every token; a change of what is hashed or how raises it. */
const TOKEN_VERSION = 'v1'
const KEY_ID = /^[A-Za-z0-9._-]{1,64}$/

/** The ids of the keys that tokens are made and verified with (SPEC M3). Holds no key. */
export class KeyRing {
  readonly ids: readonly string[]
  readonly #idBytes: readonly Uint8Array[]
  readonly #prefixes: readonly Uint8Array[]
  readonly #idFields: readonly Encoded[]
  readonly #tokenHeads: readonly Encoded[]

  /** The first id is the key in force until a control record names another. At least one; each `[A-Za-z0-9._-]`. */
  constructor(ids: readonly string[]) {
    if (ids.length === 0) throw new RangeError('a mask key ring needs at least one key id')
    const bad = ids.find((id) => !isKeyId(id))
    if (bad !== undefined) throw new RangeError(`mask key id ${JSON.stringify(bad)} is not 1 to 64 of [A-Za-z0-9._-]`)
    this.ids = ids
    this.#idBytes = ids.map(bytesOf)
    this.#prefixes = ids.map((id) => bytesOf(`${TOKEN_VERSION}:${id}:`))
    this.#idFields = this.#idBytes.map((id) => optionalText(id, id.length))
    this.#tokenHeads = this.#prefixes.map((prefix) => optionalText(prefix, prefix.length + TOKEN_DIGITS))
  }

  /** The ordinal of the key id in `[at, end)`, or -1. */
  find(bytes: Uint8Array, at: number, end: number): number {
    for (let ordinal = 0; ordinal < this.#idBytes.length; ordinal++) {
      const id = this.#idBytes[ordinal]!
      if (id.length === end - at && startsWith(bytes, at, id)) return ordinal
    }
    return -1
  }

  /** A key id as the encoding of an optional Avro string. */
  idField(ordinal: number): Encoded {
    return this.#idFields[ordinal]!
  }

  /** What the encoding of a token as an optional Avro string begins with: all but its digits. */
  tokenHead(ordinal: number): Encoded {
    return this.#tokenHeads[ordinal]!
  }

  /** What the tokens of a key begin with: `v1:<key id>:`. */
  tokenPrefix(ordinal: number): Uint8Array {
    return this.#prefixes[ordinal]!
  }
}

/** Whether a key can have this id. */
export function isKeyId(text: string): boolean {
  return KEY_ID.test(text)
}

/** Whether the bytes from `at` on begin with `prefix`. */
export function startsWith(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false
  return true
}

/** The encoding of an optional Avro string of `length` bytes, as far as `text` goes. */
function optionalText(text: Uint8Array, length: number): Encoded {
  const out = new Uint8Array(text.length + 4)
  out[0] = TEXT_BRANCH
  return encoded(out.subarray(0, putRaw(out, putLong(out, 1, length), text)))
}

function bytesOf(ascii: string): Uint8Array {
  return Uint8Array.from(ascii, (character) => character.charCodeAt(0))
}

/** A key that is or was in force and that this machine does not have: with another one it would decide other things than the others do. */
export function maskKeyMissing(id: string): StreamsError {
  const what = `mask key ${id}, which was put in force, is not among this machine's mask keys; put it there, and start again`
  return new StreamsError('MASK_KEY_MISSING', 'stop', what)
}
