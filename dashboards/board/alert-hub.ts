import type { ServerResponse } from 'node:http'
import { FeedActivity } from './feed-activity.ts'
import type { AlertFeed, StreamEntry } from './sources.ts'
import { FIRST_ID, isAfter } from './stream-id.ts'
import { entriesFrame, eventText, Subscriber } from './subscriber.ts'
import type { ActionValue, AlertValue, FeedStatus } from './views.ts'

/** Entries read at a time: one frame of the largest that there are is far below what may wait for a reader. */
const READ_ENTRIES = 400
/** Between two frames, so that a flood of alerts makes few large ones. */
const FRAME_MS = 16
/** An entry that came without a wake-up is seen so much later. */
const POLL_MS = 200
const STATUS_MS = 1_000
/** What a reader without a place of its own begins with. */
const RECENT_ENTRIES = 400
const PAUSE_FIRST_MS = 100
const PAUSE_MAX_MS = 5_000

/** Readers at a time; past it nobody is let in. */
export const SUBSCRIBERS_MAX = 256

export interface HubOptions {
  /** Opens the alert store for reading. */
  readonly openFeed: () => Promise<AlertFeed>
  readonly clock: { nowMs(): number; sleep(delayMs: number, signal: AbortSignal): Promise<void> }
  /** The store cannot be read; the hub goes on and asks again. */
  readonly onWaiting: (error: Error) => void
}

/**
 * Reads the stream of alerts once and hands it to every open page (SPEC A4). A reader resumes behind the last id that it saw; what
 * the store no longer keeps is told as a gap.
 */
export class AlertHub {
  private readonly options: HubOptions
  private readonly activity = new FeedActivity()
  private readonly live = new Set<Subscriber>()
  private readonly catchingUp = new Set<Subscriber>()
  /** Ids of the newest entries, behind the one before them. What was in them is the store's: it may be erased there. */
  private recent: readonly string[] = [FIRST_ID]
  private position = FIRST_ID
  private erasure: string | null = null
  private feed: AlertFeed | null = null
  private state: FeedStatus['store'] = 'CONNECTING'
  private why: string | null = null
  private hasReadAll = false
  private wake: () => void = () => {}

  constructor(options: HubOptions) {
    this.options = options
  }

  get subscribers(): number {
    return this.live.size + this.catchingUp.size
  }

  /** Follows the store, opening it again after an error, until `signal` aborts; then every reader is let go. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, onWaiting } = this.options
    const status = this.tellStatus(signal)
    for (let pauseMs = PAUSE_FIRST_MS; !signal.aborted; pauseMs = Math.min(pauseMs * 2, PAUSE_MAX_MS)) {
      try {
        await this.follow(signal, () => {
          pauseMs = PAUSE_FIRST_MS
        })
      } catch (error) {
        this.state = 'WAITING'
        this.why = (error as Error).message
        onWaiting(error as Error)
        await clock.sleep(pauseMs, signal)
      }
    }
    await status
    for (const subscriber of [...this.live, ...this.catchingUp]) subscriber.drop()
  }

  /** Serves a reader from behind `after`, or from the newest entries on when it is null, until it goes away. */
  async subscribe(response: ServerResponse, after: string | null): Promise<void> {
    const subscriber = new Subscriber(response, after ?? FIRST_ID)
    this.catchingUp.add(subscriber)
    response.on('close', () => {
      this.catchingUp.delete(subscriber)
      this.live.delete(subscriber)
    })
    subscriber.write(`retry: 1000\n\n${this.statusText()}`)
    await (after === null ? this.begin(subscriber) : this.catchUp(subscriber))
  }

  /** The actions of an account that the store still holds, newest first. */
  async actionsOf(account: string): Promise<ActionValue[]> {
    const held = (await this.feed?.actionsOf(account)) ?? {}
    const actions = Object.values(held).map((json) => JSON.parse(json) as ActionValue)
    return actions.sort((a, b) => b.event_time - a.event_time)
  }

  /** Begins with what the store still has of the newest entries. */
  private async begin(subscriber: Subscriber): Promise<void> {
    if (subscriber.closed) return
    const { feed, position, recent } = this
    if (feed === null || !this.hasReadAll) return this.waitWith(subscriber, () => this.begin(subscriber))
    const entries = await feed.entriesAfter(recent[0]!, RECENT_ENTRIES)
    if (entries.length > 0) subscriber.send(entriesFrame(entries))
    else subscriber.cursor = position
    await this.catchUp(subscriber)
  }

  private async catchUp(subscriber: Subscriber): Promise<void> {
    while (!subscriber.closed && (!this.hasReadAll || isAfter(this.position, subscriber.cursor))) {
      const { feed } = this
      // The store is away: the reader is told so once a second, and goes on when it is back.
      if (feed === null || !this.hasReadAll) return this.waitWith(subscriber, () => this.catchUp(subscriber))
      const entries = await feed.entriesAfter(subscriber.cursor, READ_ENTRIES)
      subscriber.tellGap((await oldestOf(feed)) ?? this.position)
      if (entries.length === 0) break
      subscriber.send(entriesFrame(entries))
      await subscriber.drained()
    }
    this.join(subscriber)
  }

  private waitWith(subscriber: Subscriber, goOn: () => Promise<void>): void {
    setTimeout(() => void goOn().catch(() => subscriber.drop()), POLL_MS)
  }

  private join(subscriber: Subscriber): void {
    this.catchingUp.delete(subscriber)
    if (!subscriber.closed) this.live.add(subscriber)
  }

  private async follow(signal: AbortSignal, onRead: () => void): Promise<void> {
    const { openFeed, clock } = this.options
    const feed = await openFeed()
    try {
      const subscription = await feed.subscribe(() => this.wake())
      this.feed = feed
      while (!signal.aborted) {
        const woken = this.nextWake()
        const [entries, erasure] = await Promise.all([
          feed.entriesAfter(this.position, READ_ENTRIES),
          feed.lastErasure(),
        ])
        onRead()
        if (entries.length > 0) this.publish(entries, await oldestOf(feed))
        // Behind what was read before it, and is counted by now.
        if (erasure !== this.erasure) await this.recount(feed)
        this.erasure = erasure
        this.state = 'LIVE'
        this.why = null
        this.hasReadAll ||= entries.length < READ_ENTRIES
        if (entries.length === 0) await woken
        else if (entries.length < READ_ENTRIES) await clock.sleep(FRAME_MS, signal)
      }
      subscription.close()
    } finally {
      this.feed = null
      feed.close()
    }
  }

  private nextWake(): Promise<void> {
    const waiting = new AbortController()
    this.wake = () => waiting.abort()
    return this.options.clock.sleep(POLL_MS, waiting.signal)
  }

  private publish(entries: readonly StreamEntry[], oldestId: string | null): void {
    this.position = entries.at(-1)?.id ?? this.position
    for (const { eventTimeMs, account, severity } of this.alertsOf(entries)) {
      this.activity.add(eventTimeMs, account, severity)
    }
    this.recent = [...this.recent, ...entries.map(({ id }) => id)].slice(-RECENT_ENTRIES - 1)
    if (this.live.size === 0) return
    const frame = entriesFrame(entries)
    for (const subscriber of this.live) {
      // The hub itself may have been away for longer than the store keeps.
      if (oldestId !== null) subscriber.tellGap(oldestId)
      subscriber.send(frame)
    }
  }

  /** Nobody is told who was erased, so accounts are counted anew by what the store still has (SPEC B4). */
  private async recount(feed: AlertFeed): Promise<void> {
    this.activity.forgetAccounts()
    for (let after = FIRST_ID; isAfter(this.position, after); ) {
      const entries = await feed.entriesAfter(after, READ_ENTRIES)
      if (entries.length === 0) return
      // What is newer is counted when it is published.
      const counted = entries.filter(({ id }) => !isAfter(id, this.position))
      for (const { eventTimeMs, account, severity } of this.alertsOf(counted)) {
        this.activity.addAccount(eventTimeMs, account, severity)
      }
      after = entries.at(-1)!.id
    }
  }

  private alertsOf(entries: readonly StreamEntry[]) {
    const nowMs = this.options.clock.nowMs()
    return entries.flatMap(({ kind, json }) => {
      if (kind !== 'alert') return []
      const { event_time, sender_account_id: account, severity } = JSON.parse(json) as AlertValue
      // A clock that runs ahead would push out the minutes that are shown.
      return [{ eventTimeMs: Math.min(event_time, nowMs), account, severity }]
    })
  }

  private async tellStatus(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.options.clock.sleep(STATUS_MS, signal)
      if (this.subscribers === 0) continue
      const text = this.statusText()
      for (const subscriber of [...this.live, ...this.catchingUp]) subscriber.write(text)
    }
  }

  private statusText(): string {
    const nowMs = this.options.clock.nowMs()
    const { state: store, why, erasure } = this
    const status: FeedStatus = {
      nowMs,
      store,
      why,
      erasure,
      perMinute: this.activity.perMinute(nowMs),
      top: this.activity.top(nowMs),
    }
    return eventText('status', status)
  }
}

/** The oldest entry that the store keeps. Asked behind a read: what is kept now was kept then. */
async function oldestOf(feed: AlertFeed): Promise<string | null> {
  const [oldest] = await feed.entriesAfter(FIRST_ID, 1)
  return oldest?.id ?? null
}
