export { type HmacKey, HmacTokens, TOKEN_DIGITS } from './hmac-tokens.ts'
export { createHashKernel, type HashKernel } from './kernel.ts'
export { KeyedHash } from './keyed-hash.ts'
