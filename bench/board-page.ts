import { type Browser, chromium, type Page } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'

/** When the page showed which alert, by the wall clock that every process of the machine shares. */
export interface Shown {
  readonly transaction: string
  readonly atMs: number
}

/** What the page was asked to note of itself. */
export interface PageNotes {
  readonly shown: readonly Shown[]
  readonly longestTaskMs: number
}

/** The board's page in a real browser without a screen, which notes each alert and the first frame that shows it. */
export class MeasuredPage {
  private readonly browser: Browser
  readonly page: Page

  private constructor(browser: Browser, page: Page) {
    this.browser = browser
    this.page = page
  }

  static async open(url: string): Promise<MeasuredPage> {
    const browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-dev-shm-usage'],
    })
    const page = await browser.newPage({ viewport: { width: 1_440, height: 900 } })
    await page.addInitScript(noteFrames)
    await page.goto(url)
    await page.locator('[data-connection="live"]').waitFor()
    return new MeasuredPage(browser, page)
  }

  /** Alerts that the counter includes. */
  async received(): Promise<number> {
    return Number(await this.page.locator('#received').getAttribute('data-received'))
  }

  notes(): Promise<PageNotes> {
    return this.page.evaluate(() => (window as unknown as { notes: PageNotes }).notes)
  }

  /** Bytes of JavaScript objects that live. */
  async heapBytes(): Promise<number> {
    const session = await this.page.context().newCDPSession(this.page)
    await session.send('HeapProfiler.collectGarbage')
    const { usedSize } = await session.send('Runtime.getHeapUsage')
    await session.detach()
    return usedSize
  }

  close(): Promise<void> {
    return this.browser.close()
  }
}

/**
 * Runs in the page before its own script. Alerts are noted in the order in which the feed brings them, as the page counts them. Once
 * the counter says `n`, the next frame begins after the one that shows `n` was made: its time is that of the first `n` alerts.
 */
function noteFrames(): void {
  const arrived: string[] = []
  const shown: Shown[] = []
  const notes = { shown, longestTaskMs: 0 }
  Object.assign(window, { notes })
  const listen = EventTarget.prototype.addEventListener
  EventSource.prototype.addEventListener = function (this: EventSource, type: string, listener: never) {
    if (type === 'entries') {
      listen.call(this, type, (event) => {
        const entries = JSON.parse((event as MessageEvent<string>).data) as {
          readonly kind: string
          readonly value: { readonly transaction_id: string }
        }[]
        for (const { kind, value } of entries) if (kind === 'alert') arrived.push(value.transaction_id)
      })
    }
    listen.call(this, type, listener)
  }
  const counted = () => Number(document.getElementById('received')?.getAttribute('data-received') ?? 0)
  let seen = 0
  const changed = () => {
    const now = counted()
    if (now <= seen) return
    const from = seen
    seen = now
    requestAnimationFrame(() => {
      const atMs = Date.now()
      for (const transaction of arrived.slice(from, now)) shown.push({ transaction, atMs })
    })
  }
  document.addEventListener('DOMContentLoaded', () => {
    const options = { subtree: true, childList: true, attributes: true, attributeFilter: ['data-received'] }
    new MutationObserver(changed).observe(document.body, options)
  })
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) notes.longestTaskMs = Math.max(notes.longestTaskMs, duration)
  }).observe({ type: 'longtask', buffered: true })
}
