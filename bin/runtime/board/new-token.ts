import { createHash, randomBytes } from 'node:crypto'

const TOKEN_BYTES = 32
const NAME = /^[\w.@-]{1,64}$/

/** The roles that a token may have; `dashboards/board` has what each may do. */
export const BOARD_TOKEN_ROLES = ['viewer', 'analyst', 'admin'] as const

export interface NewToken {
  readonly token: string
  /** What the file of users holds of it. */
  readonly entry: { readonly name: string; readonly role: string; readonly sha256: string }
}

/** A token of 256 random bits; or what is wrong with name or role. */
export function newToken(name: string, role: string): NewToken | string {
  if (!NAME.test(name)) return `${name} is no name: 1 to 64 letters, digits, \`.\`, \`_\`, \`@\`, \`-\``
  if (!BOARD_TOKEN_ROLES.some((known) => known === role))
    return `--role ${role}: there are ${BOARD_TOKEN_ROLES.join(', ')}`
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  return { token, entry: { name, role, sha256: createHash('sha256').update(token).digest('hex') } }
}
