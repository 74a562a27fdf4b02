import { RegistryRefusedError, RegistryUnreachableError } from './registry.ts'

/** Where a Confluent-compatible registry is, and as whom to ask it. */
export interface RegistryAddress {
  /** Root of its API. */
  readonly url: string
  readonly logIn: { readonly username: string; readonly password: string } | null
  /** How long one request may take; 10 s. */
  readonly answerWithinMs?: number
}

/** How long one request may take unless its address says otherwise. */
export const ANSWER_WITHIN_MS = 10_000
const MEDIA_TYPE = 'application/vnd.schemaregistry.v1+json'
/** Statuses by which the registry says that it understood, and no: not authorised, incompatible, or not a schema. */
export const REFUSALS: ReadonlySet<number> = new Set([401, 403, 409, 422])

/**
 * One question; undefined where the registry says that there is no such subject, version or schema.
 *
 * It says so by 404 with a code of its own, 40401 to 40403. A 404 without one comes from somebody else, a
 * proxy or a wrong address, and tells nothing.
 * @throws RegistryRefusedError, RegistryUnreachableError
 */
export async function registryRequest<T>(
  { url, logIn, answerWithinMs = ANSWER_WITHIN_MS }: RegistryAddress,
  path: string,
): Promise<T | undefined> {
  const headers: Record<string, string> = { accept: `${MEDIA_TYPE}, application/json` }
  if (logIn !== null) {
    headers['authorization'] = `Basic ${Buffer.from(`${logIn.username}:${logIn.password}`).toString('base64')}`
  }
  const request = `GET ${url}${path}`
  const signal = AbortSignal.timeout(answerWithinMs)
  const { status, text } = await answerTo(request, `${url}${path}`, { headers, signal })
  const value = jsonOf(text)
  if (status === 200 && value !== undefined) return value as T
  const { error_code: code, message = text.slice(0, 200) } = (value ?? {}) as { error_code?: number; message?: string }
  if (status === 404 && /^404\d\d$/.test(String(code))) return undefined
  if (REFUSALS.has(status)) throw new RegistryRefusedError(`the schema registry refuses ${request}: ${message}`)
  throw unreachable(request, `it answers ${status} ${message}`)
}

async function answerTo(request: string, address: string, sent: RequestInit) {
  try {
    const response = await fetch(address, sent)
    return { status: response.status, text: await response.text() }
  } catch (error) {
    const { message, cause } = error as Error
    throw unreachable(request, cause instanceof Error ? cause.message : message)
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unreachable(request: string, why: string): RegistryUnreachableError {
  return new RegistryUnreachableError(`the schema registry cannot be reached (${request}: ${why})`)
}
