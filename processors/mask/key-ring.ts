/** Starts every token; a change of what is hashed or how raises it. */
const TOKEN_VERSION = 'v1'

/** The ids of the keys that tokens are made and verified with (SPEC M3). Holds no key. */
export class KeyRing {
  readonly ids: readonly string[]
  readonly #idBytes: readonly Uint8Array[]
  readonly #prefixes: readonly Uint8Array[]

  /** The first id is the key in force until a control record names another. At least one; each `[A-Za-z0-9._-]`. */
  constructor(ids: readonly string[]) {
    if (ids.length === 0) throw new RangeError('a mask key ring needs at least one key id')
    const bad = ids.find((id) => !/^[A-Za-z0-9._-]{1,64}$/.test(id))
    if (bad !== undefined) throw new RangeError(`mask key id ${JSON.stringify(bad)} is not 1 to 64 of [A-Za-z0-9._-]`)
    this.ids = ids
    this.#idBytes = ids.map(bytesOf)
    this.#prefixes = ids.map((id) => bytesOf(`${TOKEN_VERSION}:${id}:`))
  }

  /** The ordinal of the key id in `[at, end)`, or -1. */
  find(bytes: Uint8Array, at: number, end: number): number {
    for (let ordinal = 0; ordinal < this.#idBytes.length; ordinal++) {
      const id = this.#idBytes[ordinal]!
      if (id.length === end - at && startsWith(bytes, at, id)) return ordinal
    }
    return -1
  }

  /** The bytes of a key id. */
  idBytes(ordinal: number): Uint8Array {
    return this.#idBytes[ordinal]!
  }

  /** What the tokens of a key begin with: `v1:<key id>:`. */
  tokenPrefix(ordinal: number): Uint8Array {
    return this.#prefixes[ordinal]!
  }
}

/** Whether the bytes from `at` on begin with `prefix`. */
export function startsWith(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (bytes[at + i] !== prefix[i]) return false
  return true
}

function bytesOf(ascii: string): Uint8Array {
  return Uint8Array.from(ascii, (character) => character.charCodeAt(0))
}
