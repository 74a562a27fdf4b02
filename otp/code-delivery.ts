import { StreamsError } from '../streams/errors.ts'
import type { CodeKeys } from './code-keys.ts'
import { codeMessage } from './code-message.ts'
import { type CodeSender, type Contacts, DeliveryError } from './delivery.ts'
import type { OtpStore, SealedCode } from './otp-store.ts'

/** How often one code is tried to be sent, how long a try may take, and the pauses between them: 1 s, 2 s, 4 s. */
const TRIES_MAX = 4
const TRY_MS = 5_000
const PAUSE_FIRST_MS = 1_000
/** How often a code that another process sends is looked at: it may have died. */
const BUSY_MS = 5_000
/** How long a store or contacts that do not answer are asked: then no code of theirs lives any more. */
const ASK_MS = 300_000

export interface CodeDeliveryOptions {
  /** Tells this sender from any other of the same store. */
  readonly name: string
  readonly store: Pick<OtpStore, 'sealedCode' | 'delivered'>
  readonly keys: Pick<CodeKeys, 'unseal'>
  readonly contacts: Contacts
  readonly sender: CodeSender
  readonly clock: { nowMs(): number; sleep(delayMs: number, signal: AbortSignal): Promise<void> }
  /** A code reached nobody and is void; its holder may ask for another. */
  readonly onGivenUp: (challengeId: string, error: DeliveryError) => void
  /** One try, ms. */
  readonly onTried?: (latencyMs: number) => void
}

/** What metrics read. */
export interface DeliveryCounters {
  sent: number
  retried: number
  /** Codes that reached nobody, by the code of the last error. */
  readonly givenUp: Map<string, number>
}

/** Sends the code that waits for a challenge, with retries. */
export class CodeDelivery {
  readonly counters: DeliveryCounters = { sent: 0, retried: 0, givenUp: new Map() }
  private readonly options: CodeDeliveryOptions
  private readonly underWay = new Set<string>()

  constructor(options: CodeDeliveryOptions) {
    this.options = options
  }

  /** Whether it is over; false when `signal` has cut it short. Of two for one challenge the first sends what both ask for. */
  async deliver(challengeId: string, signal: AbortSignal): Promise<boolean> {
    if (this.underWay.has(challengeId)) return true
    this.underWay.add(challengeId)
    try {
      return await this.deliverAll(challengeId, signal)
    } finally {
      this.underWay.delete(challengeId)
    }
  }

  /** Another code may take the place of one that is being sent, so it ends when none waits. */
  private async deliverAll(challengeId: string, signal: AbortSignal): Promise<boolean> {
    const { store, clock, name } = this.options
    const untilMs = clock.nowMs() + ASK_MS
    let away = 0
    let tried: Tried = { sealed: '', tries: 0, failure: null }
    while (!signal.aborted && clock.nowMs() < untilMs) {
      let inARow: number
      try {
        const waiting = await store.sealedCode(challengeId, name)
        if (waiting === null) return true
        if (waiting === 'busy') {
          await clock.sleep(BUSY_MS, signal)
          continue
        }
        if (tried.sealed !== waiting.sealed) tried = { sealed: waiting.sealed, tries: 0, failure: null }
        if (!isOver(tried)) {
          tried.failure = await this.trySending(challengeId, waiting)
          tried.tries++
        }
        if (isOver(tried)) {
          await this.end(challengeId, waiting, tried.failure)
          continue
        }
        this.counters.retried++
        away = 0
        inARow = tried.tries
      } catch (error) {
        if (!(error instanceof StreamsError && error.next === 'retry')) throw error
        // No try: the gateway was not asked, or what it answered could not be kept.
        inARow = ++away
      }
      await clock.sleep(PAUSE_FIRST_MS * 2 ** Math.min(inARow - 1, TRIES_MAX - 2), signal)
    }
    return !signal.aborted
  }

  private async trySending(
    challengeId: string,
    { accountId, sealed, endsInMs }: SealedCode,
  ): Promise<DeliveryError | null> {
    const { keys, contacts, sender, clock, onTried } = this.options
    const content = keys.unseal(challengeId, sealed)
    if (content === null) return new DeliveryError('OTHER_KEY', 'give-up', 'the code was sealed by another key')
    const contact = await contacts.of(accountId)
    const begunMs = clock.nowMs()
    try {
      await sender.send(accountId, contact, codeMessage(content, endsInMs), AbortSignal.timeout(TRY_MS))
      return null
    } catch (error) {
      if (!(error instanceof DeliveryError)) throw error
      return error
    } finally {
      onTried?.(clock.nowMs() - begunMs)
    }
  }

  private async end(challengeId: string, { sealed }: SealedCode, failure: DeliveryError | null): Promise<void> {
    const { store, onGivenUp } = this.options
    await store.delivered(challengeId, sealed, failure === null)
    if (failure === null) {
      this.counters.sent++
      return
    }
    const { givenUp } = this.counters
    givenUp.set(failure.code, (givenUp.get(failure.code) ?? 0) + 1)
    onGivenUp(challengeId, failure)
  }
}

/** What has been tried of one code. */
interface Tried {
  readonly sealed: string
  tries: number
  /** Of the last try; null when the gateway took it. */
  failure: DeliveryError | null
}

/** A store that was away when it should have been told of the end is told again; nothing is sent again for that. */
function isOver({ tries, failure }: Tried): boolean {
  return tries > 0 && (failure === null || failure.next === 'give-up' || tries >= TRIES_MAX)
}
