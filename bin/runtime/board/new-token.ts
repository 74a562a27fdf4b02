import { randomBytes } from 'node:crypto'
import { tokenDigest } from '../../../dashboards/board/access.ts'
import { ROLES } from '../../../dashboards/board/views.ts'

const TOKEN_BYTES = 32
const NAME = /^[\w.@-]{1,64}$/

export interface NewToken {
  readonly token: string
  /** What the file of users holds of it. */
  readonly entry: { readonly name: string; readonly role: string; readonly sha256: string }
}

/** A token of 256 random bits; or what is wrong with name or role. */
export function newToken(name: string, role: string): NewToken | string {
  if (!NAME.test(name)) return `${name} is no name: 1 to 64 letters, digits, \`.\`, \`_\`, \`@\`, \`-\``
  if (!ROLES.some((known) => known === role)) return `--role ${role}: there are ${ROLES.join(', ')}`
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  return { token, entry: { name, role, sha256: tokenDigest(token) } }
}
