/** Classes of ASCII bytes, one bit each. */
export const ID_BYTE = 1
export const ACCOUNT_BYTE = 2
export const VISIBLE_BYTE = 4
export const LOWER_HEX_BYTE = 8

const CLASSES = new Uint8Array(256)

for (let byte = 0x21; byte < 0x7f; byte++) {
  const character = String.fromCharCode(byte)
  const id = /[A-Za-z0-9._-]/.test(character)
  CLASSES[byte] =
    VISIBLE_BYTE |
    (id ? ID_BYTE : 0) |
    (id || character === ':' ? ACCOUNT_BYTE : 0) |
    (/[0-9a-f]/.test(character) ? LOWER_HEX_BYTE : 0)
}

/** Whether every byte of `[at, end)` is of the class. */
export function areAll(bytes: Uint8Array, at: number, end: number, byteClass: number): boolean {
  let shared = byteClass
  for (let i = at; i < end; i++) shared &= CLASSES[bytes[i]!]!
  return shared !== 0
}

/** Whether `[at, end)` and the `end - at` bytes of `others` at `othersAt` are the same. */
export function areEqual(bytes: Uint8Array, at: number, end: number, others: Uint8Array, othersAt: number): boolean {
  for (let i = at; i < end; i++) if (bytes[i] !== others[othersAt + i - at]) return false
  return true
}

/** Whether every byte of `[at, end)` is ASCII, four at a time. */
export function isAscii(view: DataView, at: number, end: number): boolean {
  let high = 0
  let next = at
  for (; next + 4 <= end; next += 4) high |= view.getInt32(next)
  for (; next < end; next++) high |= view.getInt8(next)
  return (high & 0x80808080) === 0
}

/** Whether `[at, end)` is UTF-8: no overlong form, no surrogate, nothing past U+10FFFF. Source: Unicode 17, table 3-7. */
export function isUtf8(bytes: Uint8Array, at: number, end: number): boolean {
  let next = at
  while (next < end) {
    const lead = bytes[next]!
    next++
    if (lead < 0x80) continue
    const more = lead < 0xc2 ? 0 : lead < 0xe0 ? 1 : lead < 0xf0 ? 2 : lead < 0xf5 ? 3 : 0
    if (more === 0 || next + more > end) return false
    const second = bytes[next]!
    if (second < lowestSecond(lead) || second > highestSecond(lead)) return false
    for (let i = 1; i < more; i++) if ((bytes[next + i]! & 0xc0) !== 0x80) return false
    next += more
  }
  return true
}

function lowestSecond(lead: number): number {
  if (lead === 0xe0) return 0xa0
  return lead === 0xf0 ? 0x90 : 0x80
}

function highestSecond(lead: number): number {
  if (lead === 0xed) return 0x9f
  return lead === 0xf4 ? 0x8f : 0xbf
}
