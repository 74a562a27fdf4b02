import { createHash, randomBytes } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import { Problem } from './problem.ts'
import { ROLES, type Role } from './views.ts'

export interface BoardUser {
  readonly name: string
  readonly role: Role
}

/** A user whose bearer token has this SHA-256, in hexadecimal: the token itself is stored nowhere. */
export interface TokenUser extends BoardUser {
  readonly sha256: string
}

export interface AccessOptions {
  /** Who may log in; null where no login is needed, since the board listens on loopback alone. */
  readonly users: readonly TokenUser[] | null
  /** Whose name stands in the record of an act where nobody logs in. */
  readonly localUser: string
  readonly nowMs: () => number
}

interface OpenSession {
  readonly user: BoardUser
  readonly endsMs: number
}

const COOKIE = 'sluice_board'
const SESSION_MS = 12 * 3_600_000
/** Open sessions; past it the one opened first ends. */
const SESSIONS_MAX = 1_000
const ID_BYTES = 32
/** A page of another origin cannot send this header without asking, and is never told yes. */
const ACT_HEADER = 'x-sluice-board'

/** The SHA-256 of a token, as the file of users holds it. */
export function tokenDigest(token: string): string {
  return createHash('sha256').update(token).digest('hex')
}

/** Who a request is by, and what they may do. */
export class Access {
  private readonly options: AccessOptions
  private readonly byDigest: ReadonlyMap<string, BoardUser>
  private readonly sessions = new Map<string, OpenSession>()

  constructor(options: AccessOptions) {
    this.options = options
    this.byDigest = new Map((options.users ?? []).map(({ name, role, sha256 }) => [sha256, { name, role }]))
  }

  get loginNeeded(): boolean {
    return this.options.users !== null
  }

  /** By bearer token or by cookie; null when it is by nobody who is known. */
  userOf({ headers }: Pick<FastifyRequest, 'headers'>): BoardUser | null {
    const { users, localUser, nowMs } = this.options
    if (users === null) return { name: localUser, role: 'admin' }
    const [, token] = /^Bearer (\S+)$/.exec(headers.authorization ?? '') ?? []
    // Looked up by digest, so that no comparison tells how much of a token is right.
    if (token !== undefined) return this.byDigest.get(tokenDigest(token)) ?? null
    const id = sessionIdOf(headers.cookie)
    const session = id === null ? undefined : this.sessions.get(tokenDigest(id))
    return session !== undefined && session.endsMs > nowMs() ? session.user : null
  }

  /** Opens a session for the bearer of a token; returns the cookie. @throws Problem 401 */
  logIn(token: string, secure: boolean): { readonly user: BoardUser; readonly cookie: string } {
    const user = this.byDigest.get(tokenDigest(token))
    if (user === undefined) throw new Problem(401, 'this token is of no user of the board')
    const id = randomBytes(ID_BYTES).toString('base64url')
    const [oldest] = this.sessions.keys()
    if (this.sessions.size >= SESSIONS_MAX && oldest !== undefined) this.sessions.delete(oldest)
    this.sessions.set(tokenDigest(id), { user, endsMs: this.options.nowMs() + SESSION_MS })
    return { user, cookie: cookieText(id, SESSION_MS / 1_000, secure) }
  }

  /** Ends the session of a request; returns the cookie that removes its own. */
  logOut({ headers }: Pick<FastifyRequest, 'headers'>): string {
    const id = sessionIdOf(headers.cookie)
    if (id !== null) this.sessions.delete(tokenDigest(id))
    return cookieText('', 0, false)
  }

  /** @throws Problem 401 or 403 unless the request is by somebody in this role or a higher one. */
  require(request: Pick<FastifyRequest, 'headers'>, role: Role): BoardUser {
    const user = this.userOf(request)
    if (user === null) throw new Problem(401, 'log in first')
    if (!mayActAs(user.role, role)) throw new Problem(403, `this needs the role ${role}; ${user.name} has ${user.role}`)
    return user
  }
}

function mayActAs(has: Role, needed: Role): boolean {
  return ROLES.indexOf(has) >= ROLES.indexOf(needed)
}

/**
 * Refuses what a page of another site has sent: a browser says so in `Sec-Fetch-Site` and `Origin`, and sends our header to nobody
 * but its own origin. @throws Problem 403
 */
export function requireOwnOrigin({ headers }: Pick<FastifyRequest, 'headers'>): void {
  const site = headers['sec-fetch-site']
  const { origin } = headers
  const ownOrigin = origin === undefined || hostOf(origin) === headers.host
  const ownSite = site === undefined || site === 'same-origin'
  if (headers[ACT_HEADER] !== '1' || !ownOrigin || !ownSite) {
    throw new Problem(403, `an act comes from the board's own page, or from a program that sends ${ACT_HEADER}: 1`)
  }
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host
  } catch {
    return null
  }
}

function sessionIdOf(cookies: string | undefined): string | null {
  const [, id] = new RegExp(`(?:^|; )${COOKIE}=([\\w-]{1,64})(?:;|$)`).exec(cookies ?? '') ?? []
  return id ?? null
}

function cookieText(id: string, seconds: number, secure: boolean): string {
  return `${COOKIE}=${id}; Path=/fraud-alerts; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure ? '; Secure' : ''}`
}
