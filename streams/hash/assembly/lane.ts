// A lane type L is either i32, one message, or v128, four messages abreast. SHA-256 is written once over these
// operations; which one a build uses is decided when it is compiled.

export function splat<L>(word: i32): L {
  if (isVector<L>()) return i32x4.splat(word)
  return word
}

/** The word at `at`, in every lane. */
export function loadSplat<L>(at: usize): L {
  if (isVector<L>()) return v128.load32_splat(at)
  return load<i32>(at)
}

export function add<L>(a: L, b: L): L {
  if (isVector<L>()) return i32x4.add(a, b)
  return a + b
}

export function xor<L>(a: L, b: L): L {
  if (isVector<L>()) return v128.xor(a, b)
  return a ^ b
}

export function shiftRight<L>(a: L, bits: i32): L {
  if (isVector<L>()) return i32x4.shr_u(a, bits)
  return <i32>(<u32>a >> bits)
}

export function rotateRight<L>(a: L, bits: i32): L {
  if (isVector<L>()) return v128.or(i32x4.shr_u(a, bits), i32x4.shl(a, 32 - bits))
  return rotr<i32>(a, bits)
}

/** The bits of `a` where `mask` is set, those of `b` elsewhere. */
export function select<L>(a: L, b: L, mask: L): L {
  if (isVector<L>()) return v128.bitselect(a, b, mask)
  return b ^ (mask & (a ^ b))
}
