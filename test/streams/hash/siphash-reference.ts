// SipHash-2-4 with 128 bits of output over BigInt, after the authors' paper and reference code: as slow as it is plain,
// and it shares nothing with the kernel.
const WORD = (1n << 64n) - 1n

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n)
}

function rotateLeft(x: bigint, bits: bigint): bigint {
  return ((x << bits) | (x >> (64n - bits))) & WORD
}

type State = readonly [bigint, bigint, bigint, bigint]

function round([a, b, c, d]: State): State {
  const a1 = (a + b) & WORD
  const b1 = rotateLeft(b, 13n) ^ a1
  const c1 = (c + d) & WORD
  const d1 = rotateLeft(d, 16n) ^ c1
  const a2 = (rotateLeft(a1, 32n) + d1) & WORD
  const d2 = rotateLeft(d1, 21n) ^ a2
  const c2 = (c1 + b1) & WORD
  const b2 = rotateLeft(b1, 17n) ^ c2
  return [a2, b2, rotateLeft(c2, 32n), d2]
}

function rounds(state: State, count: number): State {
  return count === 0 ? state : rounds(round(state), count - 1)
}

function hexOf(word: bigint): string {
  return (word.toString(16).padStart(16, '0').match(/../g) ?? []).reverse().join('')
}

/** The 16 bytes of the hash as 32 hexadecimal digits. */
export function sipHash128(key: Uint8Array, message: Uint8Array): string {
  const k0 = littleEndian(key.subarray(0, 8))
  const k1 = littleEndian(key.subarray(8, 16))
  let state: State = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn ^ 0xeen,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ]
  const padded = new Uint8Array((Math.floor(message.length / 8) + 1) * 8)
  padded.set(message)
  padded[padded.length - 1] = message.length & 255
  for (let at = 0; at < padded.length; at += 8) {
    const word = littleEndian(padded.subarray(at, at + 8))
    const [a, b, c, d] = rounds([state[0], state[1], state[2], state[3] ^ word], 2)
    state = [a ^ word, b, c, d]
  }
  const first = rounds([state[0], state[1], state[2] ^ 0xeen, state[3]], 4)
  const second = rounds([first[0], first[1] ^ 0xddn, first[2], first[3]], 4)
  return [first, second].map(([a, b, c, d]) => hexOf(a ^ b ^ c ^ d)).join('')
}
