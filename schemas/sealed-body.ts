/** How the key of an encrypted body may be agreed on (SPEC C1): nothing else is taken. */
export const SEALING_ALGORITHMS = ['ECDH-ES', 'RSA-OAEP-256'] as const
export type SealingAlgorithm = (typeof SEALING_ALGORITHMS)[number]

/** How its content is encrypted. */
export const SEALING_ENCRYPTION = 'A256GCM'
/** From `iat` to `exp`, s; a body that lives longer is refused, since so long its `jti` is remembered. */
export const SEALED_LIFE_MAX_S = 300
