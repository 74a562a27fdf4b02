"""SipHash-2-4 with 128 bits of output, after the authors' paper and reference code."""

WORD = (1 << 64) - 1


def _rounds(a, b, c, d, count):
    for _ in range(count):
        a = (a + b) & WORD
        b = ((b << 13 | b >> 51) & WORD) ^ a
        a = (a << 32 | a >> 32) & WORD
        c = (c + d) & WORD
        d = ((d << 16 | d >> 48) & WORD) ^ c
        a = (a + d) & WORD
        d = ((d << 21 | d >> 43) & WORD) ^ a
        c = (c + b) & WORD
        b = ((b << 17 | b >> 47) & WORD) ^ c
        c = (c << 32 | c >> 32) & WORD
    return a, b, c, d


def siphash128(key, message):
    """The 16 bytes of the hash under a key of 16 bytes."""
    k0, k1 = (int.from_bytes(key[at : at + 8], "little") for at in (0, 8))
    a, b = k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D ^ 0xEE
    c, d = k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573
    padded = message + bytes(7 - len(message) % 8) + bytes([len(message) & 255])
    for at in range(0, len(padded), 8):
        word = int.from_bytes(padded[at : at + 8], "little")
        a, b, c, d = _rounds(a, b, c, d ^ word, 2)
        a ^= word
    a, b, c, d = _rounds(a, b, c ^ 0xEE, d, 4)
    first = a ^ b ^ c ^ d
    a, b, c, d = _rounds(a, b ^ 0xDD, c, d, 4)
    return first.to_bytes(8, "little") + (a ^ b ^ c ^ d).to_bytes(8, "little")
