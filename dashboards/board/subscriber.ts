import type { ServerResponse } from 'node:http'
import type { StreamEntry } from './sources.ts'
import { FIRST_ID, isAfter, timeOf } from './stream-id.ts'
import type { FeedGap } from './views.ts'

/** Bytes that may wait for a reader; one that lets more pile up is dropped. It comes back and resumes. */
const UNREAD_BYTES_MAX = 1 << 20
/** A reader that takes nothing of what it missed for so long is dropped too. */
const DRAIN_MS = 10_000

/** Entries as they go to every reader that has all before them. */
export interface EntriesFrame {
  readonly entries: readonly StreamEntry[]
  readonly text: string
}

/** Some entries as one event, resumable behind its last. */
export function entriesFrame(entries: readonly StreamEntry[]): EntriesFrame {
  const list = entries.map(({ id, kind, json }) => `{"id":"${id}","kind":"${kind}","value":${json}}`)
  return { entries, text: `id: ${entries.at(-1)?.id}\nevent: entries\ndata: [${list.join(',')}]\n\n` }
}

/** An event that is no place to resume at. */
export function eventText(event: string, data: object): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}

/** One open stream of server-sent events, and how far its reader has been told. */
export class Subscriber {
  cursor: string
  private readonly response: ServerResponse

  constructor(response: ServerResponse, cursor: string) {
    this.response = response
    this.cursor = cursor
  }

  get closed(): boolean {
    return this.response.destroyed || this.response.writableEnded
  }

  /** Sends what of the frame its reader does not have. */
  send(frame: EntriesFrame): void {
    const { entries, text } = frame
    const [first] = entries
    const last = entries.at(-1)
    if (first === undefined || last === undefined || !isAfter(last.id, this.cursor)) return
    const missing = isAfter(first.id, this.cursor) ? text : entriesFrame(this.missingOf(entries)).text
    this.cursor = last.id
    this.write(missing)
  }

  /** Tells what lies between the last entry that its reader has and the oldest that the store keeps. */
  tellGap(oldestId: string): void {
    if (this.cursor === FIRST_ID || !isAfter(oldestId, this.cursor)) return
    const gap: FeedGap = { sinceMs: timeOf(this.cursor), untilMs: timeOf(oldestId) }
    this.write(eventText('gap', gap))
  }

  write(text: string): void {
    if (this.closed) return
    this.response.write(text)
    if (this.response.writableLength > UNREAD_BYTES_MAX) this.drop()
  }

  /** Resolves when what was written is on its way, or the reader is gone. */
  async drained(): Promise<void> {
    const { response } = this
    if (this.closed || !response.writableNeedDrain) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(() => this.drop(), DRAIN_MS)
      const done = () => {
        clearTimeout(timer)
        response.off('drain', done)
        response.off('close', done)
        resolve()
      }
      response.on('drain', done)
      response.on('close', done)
    })
  }

  drop(): void {
    this.response.destroy()
  }

  private missingOf(entries: readonly StreamEntry[]): readonly StreamEntry[] {
    return entries.filter(({ id }) => isAfter(id, this.cursor))
  }
}
