import { batch, signal } from '@preact/signals'
import type { FeedEntry, FeedGap, FeedStatus } from '../board/views.ts'
import { BASE } from './route.ts'

/** Entries that the page holds: the newest. */
const HELD_MAX = 500
/** Ids of entries by which one that comes again is known. */
const KNOWN_MAX = 25_000
/** A server that says nothing for so long is asked anew: a laptop that slept does not notice that its connection died. */
const SILENT_MS = 4_000
const CHECK_MS = 1_000
const AGAIN_MS = 1_000
/** Rows are made anew at most so often. What comes in between is counted in its frame. */
const ROWS_MS = 100
/** More than so many entries a second are a flood: nobody reads them, and making rows of them would hold up the count. */
const FLOOD_PER_SECOND = 200
const FLOOD_ROWS_MS = 400
/** A page that nobody sees gives its connection back: a browser has six for all pages of one server. */
const HIDDEN_MS = 30_000

export type Connection = 'connecting' | 'live' | 'lost'

/** Newest first. */
export const entries = signal<readonly FeedEntry[]>([])
/** Alerts that came since the page was opened, those included that it began with; counted each frame. */
export const received = signal(0)
export const status = signal<FeedStatus | null>(null)
export const connection = signal<Connection>('connecting')
/** When the server last said anything, by this machine's clock. */
export const heardMs = signal(0)
export const gaps = signal<readonly FeedGap[]>([])

/** More comes than anybody reads. */
export const flooded = signal(false)

let source: EventSource | null = null
let lastId: string | null = null
/** Undefined until the store was first read. */
let seenErasure: string | null | undefined
/** Came since the last frame. */
let arrived: FeedEntry[] = []
/** Counted, and in no row yet. */
let waiting: FeedEntry[] = []
let rowsAtMs = 0
const known = new Set<string>()

function keyOf(entry: FeedEntry): string {
  return entry.kind === 'alert' ? entry.value.alert_id : entry.value.action_id
}

/** Opens the feed behind the last entry that this page has. */
export function openFeed(): void {
  source?.close()
  connection.value = 'connecting'
  const opened = new EventSource(`${BASE}/api/feed${lastId === null ? '' : `?after=${lastId}`}`)
  source = opened
  opened.addEventListener('entries', (event) => {
    lastId = event.lastEventId
    if (arrived.length === 0) requestAnimationFrame(countArrived)
    arrived.push(...(JSON.parse(event.data) as FeedEntry[]))
    heardMs.value = Date.now()
  })
  opened.addEventListener('status', (event) => {
    const told = JSON.parse(event.data) as FeedStatus
    if (hasErased(told)) {
      forget()
      openFeed()
      return
    }
    batch(() => {
      status.value = told
      connection.value = 'live'
      heardMs.value = Date.now()
    })
  })
  opened.addEventListener('gap', (event) => {
    gaps.value = [...gaps.value, JSON.parse(event.data) as FeedGap].slice(-3)
  })
  opened.addEventListener('error', () => {
    connection.value = 'lost'
    // A refusal ends an event source for good; a lost connection it mends itself.
    if (opened.readyState === EventSource.CLOSED && source === opened) setTimeout(reopen, AGAIN_MS, opened)
  })
}

/** Whether somebody was erased since this page was last told how the store stands. */
function hasErased({ store, erasure }: FeedStatus): boolean {
  if (store !== 'LIVE') return false
  const since = seenErasure
  seenErasure = erasure
  return since !== undefined && since !== erasure
}

/** Lets go of all entries, since nobody is told whose were erased: the page begins again with what the store still has. */
function forget(): void {
  arrived = []
  waiting = []
  known.clear()
  lastId = null
  batch(() => {
    entries.value = []
    received.value = 0
  })
}

function closeFeed(): void {
  source?.close()
  source = null
}

/** Watches over the connection for as long as the page lives. */
export function keepFeed(): void {
  let hiddenMs = Number.POSITIVE_INFINITY
  document.addEventListener('visibilitychange', () => {
    hiddenMs = document.visibilityState === 'hidden' ? Date.now() : Number.POSITIVE_INFINITY
    if (document.visibilityState === 'visible' && source === null) openFeed()
  })
  setInterval(() => {
    if (source === null) return
    if (Date.now() - hiddenMs > HIDDEN_MS) closeFeed()
    else if (connection.value === 'live' && Date.now() - heardMs.value > SILENT_MS) openFeed()
  }, CHECK_MS)
}

function reopen(ended: EventSource): void {
  if (source === ended) openFeed()
}

/** Once a frame, however many came. */
function countArrived(): void {
  const fresh = arrived.filter(isNew)
  arrived = []
  if (fresh.length === 0) return
  if (waiting.length === 0) showSoon()
  waiting.push(...fresh)
  received.value += fresh.filter(({ kind }) => kind === 'alert').length
}

/** At once after a quiet moment. */
function showSoon(): void {
  const waitMs = rowsAtMs + (flooded.value ? FLOOD_ROWS_MS : ROWS_MS) - performance.now()
  if (waitMs > 0) setTimeout(requestAnimationFrame, waitMs, show)
  else queueMicrotask(show)
}

/** What waited is put before what was there. */
function show(): void {
  const fresh = waiting
  waiting = []
  const nowMs = performance.now()
  const isFlood = (fresh.length * 1_000) / (nowMs - rowsAtMs) > FLOOD_PER_SECOND
  rowsAtMs = nowMs
  // A store that was filled again has its entries by partition; what comes after the first frame comes as it happens.
  if (entries.value.length === 0) fresh.sort((a, b) => a.value.event_time - b.value.event_time)
  batch(() => {
    flooded.value = isFlood
    entries.value = [...fresh.slice(-HELD_MAX).reverse(), ...entries.value].slice(0, HELD_MAX)
  })
}

function isNew(entry: FeedEntry): boolean {
  const key = keyOf(entry)
  if (known.has(key)) return false
  known.add(key)
  if (known.size > KNOWN_MAX) known.delete(known.values().next().value as string)
  return true
}
