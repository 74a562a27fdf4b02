import { DeliveryError } from './delivery.ts'

/** One request to a service that sends for us. */
export interface GatewayRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * Posts, and is content with a 2xx. Answers are not read: they repeat the number, the address and the text. A redirect is an error,
 * since it would carry the log-in elsewhere.
 * @throws DeliveryError: 408, 429 and 5xx are worth another try, and so is silence; any other answer is not.
 */
export async function post({ url, headers, body }: GatewayRequest, signal: AbortSignal): Promise<void> {
  const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'manual' }).catch(() => null)
  if (response === null) {
    if (signal.aborted) throw new DeliveryError('TIMED_OUT', 'retry', 'the gateway did not answer in time')
    throw new DeliveryError('UNREACHABLE', 'retry', 'the gateway cannot be reached')
  }
  const { status, ok } = response
  await response.body?.cancel().catch(() => {})
  if (ok) return
  const next = status === 408 || status === 429 || status >= 500 ? 'retry' : 'give-up'
  throw new DeliveryError(`HTTP_${status}`, next, `the gateway answered ${status}`)
}
