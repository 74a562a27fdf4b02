import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { type Browser, chromium, type Page } from 'playwright-core'

const CHROMIUM = '/usr/bin/chromium'
/** Written for a browser, so it is checked with the page's own files and not with ours. */
const IN_PAGE = join(import.meta.dirname, 'in-page/note-frames.ts')

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
    await page.addInitScript({ content: stripTypeScriptTypes(readFileSync(IN_PAGE, 'utf8')) })
    await page.goto(url)
    await page.locator('[data-connection="live"]').waitFor()
    return new MeasuredPage(browser, page)
  }

  /** Alerts that the counter includes. */
  async received(): Promise<number> {
    return Number(await this.page.locator('#received').getAttribute('data-received'))
  }

  notes(): Promise<PageNotes> {
    return this.page.evaluate<PageNotes>('window.notes')
  }

  /** Begins anew with the longest task. */
  async forgetTasks(): Promise<void> {
    await this.page.evaluate('window.notes.longestTaskMs = 0')
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
