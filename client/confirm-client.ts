import type { ConfirmOutcome, ConfirmRequestBody, Payment, Problem } from '../schemas/confirm-api.ts'
import { retryAfterMs } from './retry-after.ts'
import type { SealingKey } from './sealed-body.ts'

export interface ConfirmClientOptions {
  /** The API's address, such as `http://127.0.0.1:3000`. */
  readonly url: string
  /** An access token; asked for at each try, so that one that has expired is not sent again. */
  readonly token: () => string | Promise<string>
  /** How long a call may take with all its tries; 30,000 ms. */
  readonly timeoutMs?: number
  /** A public key of the API: bodies are encrypted to it, anew for each try. In clear within TLS when left out. */
  readonly encryptTo?: SealingKey | (() => SealingKey | Promise<SealingKey>)
  readonly fetch?: typeof globalThis.fetch
}

/** An answer that is no error. `replayed`: the first answer of a call that was made before. */
export type ConfirmAnswer = ConfirmOutcome & { readonly replayed: boolean }

/**
 * The API has refused, or did not answer in time: `problem` says what, null when nothing came from it; `status` is then that of whatever
 * stands before it, or null too.
 */
export class ConfirmError extends Error {
  readonly status: number | null
  readonly problem: Problem | null

  constructor(status: number | null, problem: Problem | null, cause?: unknown) {
    const silent = `the API did not answer${status === null ? '' : `; what stands before it said ${status}`}`
    super(problem === null ? silent : `${problem.error}: ${problem.details}`, { cause })
    this.name = 'ConfirmError'
    this.status = status
    this.problem = problem
  }
}

const TIMEOUT_MS = 30_000
const PAUSE_FIRST_MS = 100
const PAUSE_MAX_MS = 5_000
/** What the same call may be made again after: it is still running, too many, or not now. */
const AGAIN = new Set([409, 429, 502, 503, 504])

/**
 * Confirms payments. Every try of a call has the same idempotency key, so a payment is made once however often the network fails; a
 * key is made here where the body has none.
 */
export class ConfirmClient {
  private readonly options: ConfirmClientOptions

  constructor(options: ConfirmClientOptions) {
    this.options = options
  }

  /** SUCCESS, IN_REVIEW, OTP_REQUIRED, or not allowed. @throws ConfirmError for everything else */
  async confirm(payment: ConfirmRequestBody): Promise<ConfirmAnswer> {
    const body = { ...payment, idempotency_key: payment.idempotency_key ?? crypto.randomUUID() }
    const { json, headers } = await this.send('POST', '/payment/confirm', JSON.stringify(body))
    return { ...(json as ConfirmOutcome), replayed: headers.get('idempotent-replayed') === 'true' }
  }

  /** How a payment of the last day stands. @throws ConfirmError */
  async payment(transactionId: string): Promise<Payment> {
    return (await this.send('GET', `/payments/${encodeURIComponent(transactionId)}`, null)).json as Payment
  }

  /** The first answer that is final: the same call again after everything that passes by itself. */
  private async send(method: string, path: string, body: string | null): Promise<Answer> {
    const signal = AbortSignal.timeout(this.options.timeoutMs ?? TIMEOUT_MS)
    let last: Answer | null = null
    for (let pauseMs = PAUSE_FIRST_MS; ; pauseMs = Math.min(2 * pauseMs, PAUSE_MAX_MS)) {
      const answer = await this.try(method, path, body, signal)
      last = answer ?? last
      if (answer !== null && isAnswer(answer)) return answer
      if (answer !== null && !AGAIN.has(answer.status)) throw errorOf(answer)
      const askedMs = retryAfterMs(answer?.headers.get('retry-after') ?? null, Date.now())
      await paused(Math.max(pauseMs, askedMs), signal)
      if (signal.aborted) throw last === null ? new ConfirmError(null, null) : errorOf(last)
    }
  }

  private async sealed(body: string): Promise<{ readonly type: string; readonly text: string }> {
    const { encryptTo } = this.options
    if (encryptTo === undefined) return { type: 'application/json', text: body }
    // Who sends bodies in clear should not load it.
    const { sealBody } = await import('./sealed-body.ts')
    const key = typeof encryptTo === 'function' ? await encryptTo() : encryptTo
    return { type: 'application/jose', text: await sealBody(body, key) }
  }

  /** Null when the network failed or the time is over. */
  private async try(method: string, path: string, body: string | null, signal: AbortSignal): Promise<Answer | null> {
    const { url, token, fetch = globalThis.fetch } = this.options
    const authorization = `Bearer ${await token()}`
    const sent = body === null ? null : await this.sealed(body)
    const headers = { authorization, ...(sent !== null && { 'content-type': sent.type }) }
    try {
      const response = await fetch(new URL(path, url), { method, headers, body: sent?.text ?? null, signal })
      return { status: response.status, headers: response.headers, json: jsonOf(await response.text()) }
    } catch {
      return null
    }
  }
}

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly json: unknown
}

/** Null for what is none: an error page of a proxy. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** 403 and 409 are answers as often as errors; the type tells. What a proxy says of itself has no status of ours. */
function isAnswer({ headers, status, json }: Answer): boolean {
  if (status >= 500 || status === 429 || isProblem(headers)) return false
  return typeof (json as { readonly status?: unknown } | null)?.status === 'string'
}

function isProblem(headers: Headers): boolean {
  return headers.get('content-type')?.startsWith('application/problem+json') === true
}

function errorOf({ status, headers, json }: Answer): ConfirmError {
  return new ConfirmError(status, isProblem(headers) ? (json as Problem | null) : null)
}

/** Resolves after the delay, or when the time is over. */
function paused(delayMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      resolve()
    }
    const timer = setTimeout(end, delayMs)
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
