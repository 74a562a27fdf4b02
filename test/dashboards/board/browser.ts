import { type Browser, chromium, type Page } from 'playwright-core'

/** Debian's Chromium, which `.ci/run` installs. */
const CHROMIUM = '/usr/bin/chromium'
export const VIEWPORT = { width: 1440, height: 900 }

/** A browser without a screen. Chromium's own sandbox needs rights that containers do not give. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
}

/** Runs in the page, before its own script. */
const TELL_VIOLATIONS = `document.addEventListener('securitypolicyviolation', (event) => {
  window.tellViolation(event.violatedDirective + ' ' + event.blockedURI)
})`

/** What a page did that it must not. */
export interface Misdeeds {
  readonly list: string[]
}

/** Notes what breaks the content security policy, every uncaught error, and every request that leaves for another origin. */
export async function watchPage(page: Page, origin: string): Promise<Misdeeds> {
  const list: string[] = []
  await page.exposeFunction('tellViolation', (what: string) => list.push(`policy: ${what}`))
  await page.addInitScript({ content: TELL_VIOLATIONS })
  page.on('pageerror', (error) => list.push(`error: ${error.message}`))
  page.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !url.startsWith('data:')) list.push(`left for ${url}`)
  })
  return { list }
}
