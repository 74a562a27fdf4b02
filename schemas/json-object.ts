/** A JSON value that is no container; a number keeps its text, so that no digit is lost. */
export type JsonScalar =
  | { readonly type: 'string'; readonly text: string }
  | { readonly type: 'number'; readonly text: string }
  | { readonly type: 'boolean' }
  | { readonly type: 'null' }

/** A key may hold anything, a card number too; only one that looks like a name is ever shown. */
const NAME = /^[A-Za-z_]{1,40}$/

/** Why a text is not one flat JSON object. `field` is the key at which it stopped making sense, if it may be shown. */
export class JsonObjectError extends Error {
  readonly field: string | null

  constructor(field: string | null, reason: string) {
    super(reason)
    this.name = 'JsonObjectError'
    this.field = field !== null && NAME.test(field) ? field : null
  }
}

const SPACE = /[ \t\r\n]*/y
const STRING = /"(?:[^"\\]|\\.)*"/y
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y
const LITERAL = /true|false|null/y

/**
 * Reads one JSON object without nested values (RFC 8259). Stricter than JSON.parse where parsers differ: a key that
 * comes twice is an error, and so is a string that is not Unicode (a lone surrogate).
 * @throws JsonObjectError, whose message never holds a value.
 */
export function readJsonObject(text: string): Map<string, JsonScalar> {
  const cursor = new Cursor(text)
  const fields = new Map<string, JsonScalar>()
  cursor.expect('{', null)
  if (!cursor.take('}')) {
    do {
      const key = cursor.string(null)
      cursor.expect(':', key)
      if (fields.has(key)) throw new JsonObjectError(key, 'comes twice')
      fields.set(key, cursor.scalar(key))
    } while (cursor.take(','))
    cursor.expect('}', null)
  }
  cursor.expectEnd()
  return fields
}

class Cursor {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  take(sign: string): boolean {
    this.#match(SPACE)
    if (this.#text[this.#at] !== sign) return false
    this.#at++
    return true
  }

  expect(sign: string, field: string | null): void {
    if (!this.take(sign))
      throw new JsonObjectError(field, `is not a JSON object: ${sign} is missing at ${this.#place()}`)
  }

  expectEnd(): void {
    this.#match(SPACE)
    if (this.#at < this.#text.length) throw new JsonObjectError(null, `goes on after its object at ${this.#place()}`)
  }

  string(field: string | null): string {
    this.#match(SPACE)
    const quoted = this.#match(STRING)
    if (quoted === null) throw new JsonObjectError(field, `is not a JSON object: no string at ${this.#place()}`)
    const text = parsedString(quoted)
    if (text === null) throw new JsonObjectError(field, `has a string that JSON does not allow at ${this.#place()}`)
    if (!text.isWellFormed()) throw new JsonObjectError(field, 'is not valid Unicode')
    return text
  }

  scalar(field: string): JsonScalar {
    this.#match(SPACE)
    const next = this.#text[this.#at]
    if (next === '"') return { type: 'string', text: this.string(field) }
    if (next === '{' || next === '[') throw new JsonObjectError(field, 'is nested; a payment is flat')
    const literal = this.#match(LITERAL)
    if (literal !== null) return { type: literal === 'null' ? 'null' : 'boolean' }
    const number = this.#match(NUMBER)
    if (number === null) throw new JsonObjectError(field, `has no JSON value at ${this.#place()}`)
    return { type: 'number', text: number }
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    const [found] = pattern.exec(this.#text) ?? []
    if (found === undefined) return null
    this.#at += found.length
    return found
  }

  #place(): string {
    return `character ${this.#at + 1}`
  }
}

/** The text between the quotes, or null for an escape or a control character that JSON does not have. */
function parsedString(quoted: string): string | null {
  try {
    return JSON.parse(quoted) as string
  } catch {
    return null
  }
}
