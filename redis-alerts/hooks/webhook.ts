import { lookup as lookUp } from 'node:dns/promises'
import { type IncomingMessage, request as requestHttp } from 'node:http'
import { type RequestOptions, request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import { type AddressRules, addressOf } from './address-rules.ts'
import type { HookAction } from './hook-action.ts'
import { failed, type HookTarget, type TryResult } from './hook-target.ts'
import { retryAfterMs } from './retry-after.ts'
import { signedHeaders } from './signature.ts'

/** A message is some 600 bytes. */
export const BODY_BYTES_MAX = 8_192
/** Of an answer only the status counts; what is longer is cut off. */
export const ANSWER_BYTES_MAX = 16_384
const ANSWER_HEAD_BYTES_MAX = 16_384

/** One address of a name. */
export interface ResolvedAddress {
  readonly address: string
  readonly family: number
}

export interface WebhookOptions {
  readonly url: URL
  /** One, or two while they are rotated. */
  readonly keys: readonly Uint8Array[]
  readonly rules: AddressRules
  /** For a whole try, from the look-up of the name to the end of the answer. */
  readonly timeoutMs: number
  readonly nowMs: () => number
  /** Every address of a name; that of the machine when not given. */
  readonly resolve?: (hostname: string) => Promise<readonly ResolvedAddress[]>
}

interface Answer {
  readonly status: number
  readonly retryAfter: string | undefined
}

const FORBIDDEN = 'FORBIDDEN_ADDRESS'
/** As Node and OpenSSL write codes. */
const CODE = /^[A-Z0-9_]{3,40}$/

/**
 * Posts actions to an address, signed as Standard Webhooks has it. The name is resolved once a try, every address that comes of
 * it must be allowed, and the connection goes to those addresses: no second look-up can answer differently. Redirects are
 * not followed. Nothing but a status from 200 to 299 is a delivery.
 */
export class Webhook implements HookTarget {
  private readonly options: WebhookOptions

  constructor(options: WebhookOptions) {
    this.options = options
  }

  async deliver(action: HookAction): Promise<TryResult> {
    const { url, keys, rules, nowMs } = this.options
    const body = bodyOf(action)
    if (Buffer.byteLength(body) > BODY_BYTES_MAX) return failed('BODY_TOO_LARGE')
    const address = addressOf(url)
    if (address !== null && !rules.allows(address)) return failed(FORBIDDEN)
    try {
      const answer = await this.post(body, { ...signedHeaders(keys, action.actionId, nowMs(), body) })
      const { status } = answer
      if (status >= 200 && status < 300) return { delivered: true, status, detail: 'OK', retryAfterMs: null }
      return { ...failed(`HTTP_${status}`), status, retryAfterMs: retryAfterMs(answer.retryAfter, nowMs()) }
    } catch (error) {
      return failed(codeOf(error as NodeJS.ErrnoException))
    }
  }

  /** Each try has a connection of its own, so nothing is to be closed. */
  close(): void {}

  private post(body: string, signed: Readonly<Record<string, string>>): Promise<Answer> {
    const { url, timeoutMs } = this.options
    const options: RequestOptions = {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(body),
        'user-agent': 'sluice-hooks',
        ...signed,
      },
      agent: false,
      lookup: this.lookup,
      maxHeaderSize: ANSWER_HEAD_BYTES_MAX,
      signal: AbortSignal.timeout(timeoutMs),
    }
    return new Promise((resolve, reject) => {
      const request = (url.protocol === 'https:' ? requestHttps : requestHttp)(url, options)
      let answer: Answer | null = null
      request.on('response', (response) => {
        answer = { status: response.statusCode ?? 0, retryAfter: response.headers['retry-after'] }
        drain(response)
      })
      // After the status nothing changes what it says, whatever becomes of the rest.
      request.on('error', (error) => (answer === null ? reject(error) : resolve(answer)))
      request.on('close', () => (answer === null ? reject(new Error('closed without an answer')) : resolve(answer)))
      request.end(body)
    })
  }

  /** What the socket connects to: the allowed addresses of the name, or an error when any is not. */
  private readonly lookup: LookupFunction = (hostname, { all }, callback) => {
    const { resolve = resolveAll, rules } = this.options
    resolve(hostname).then(
      (addresses) => {
        const [first] = addresses
        const isAllowed = first !== undefined && addresses.every(({ address }) => rules.allows(address))
        if (!isAllowed) callback(Object.assign(new Error('not allowed'), { code: FORBIDDEN }), '', 0)
        else if (all === true) callback(null, [...addresses])
        else callback(null, first.address, first.family)
      },
      (error: NodeJS.ErrnoException) => callback(error, '', 0),
    )
  }
}

/** The message: the same bytes in every try. */
function bodyOf({ action, eventTimeMs, json }: HookAction): string {
  const type = `fraud.action.${action.toLowerCase()}`
  return `{"type":"${type}","timestamp":"${new Date(eventTimeMs).toISOString()}","data":${json}}`
}

function resolveAll(hostname: string): Promise<readonly ResolvedAddress[]> {
  return lookUp(hostname, { all: true })
}

function drain(response: IncomingMessage): void {
  let bytes = 0
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) response.destroy()
  })
  response.on('error', () => {})
}

/** A code to keep: never text, which may quote what the receiver sent. */
function codeOf({ name, code }: NodeJS.ErrnoException): string {
  if (name === 'AbortError' || name === 'TimeoutError') return 'TIMED_OUT'
  return code !== undefined && CODE.test(code) ? code : 'NO_ANSWER'
}
