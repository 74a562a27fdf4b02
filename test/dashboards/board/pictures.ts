import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StartedSluice } from '../../support/started-sluice.ts'
import { launchBrowser, VIEWPORT } from './browser.ts'

// `npm run pictures`: takes the pictures of docs/board anew, every screen in light and in dark, of what `npm start` shows after the
// stories of the mule and of card testing. Takes three minutes, most of it the stories' own time.
const ROOT = join(import.meta.dirname, '../../..')
const PICTURES = join(ROOT, 'docs/board')
const PROGRAM = join(ROOT, 'bin/sluice.ts')
const ASK_EVERY_MS = 2_000

interface ListedDecision {
  readonly decision_id: string
  readonly transaction_id: string
  readonly sender_account_id: string
}

spawnSync(process.execPath, ['dashboards/build-page.ts'], { cwd: ROOT, stdio: 'inherit' })
const folder = mkdtempSync(join(tmpdir(), 'sluice-pictures-'))
const data = join(folder, 'data')
const up = new StartedSluice(['up', '--port', '0', '--data', data])
const browser = await launchBrowser()
try {
  const [, port = ''] = await up.says(/fraud board: http:\/\/127\.0\.0\.1:(\d+)/)
  for (const scenario of ['card-testing', 'mule']) {
    const told = new StartedSluice([
      'simulate',
      '--scenario',
      scenario,
      '--rate',
      '1',
      '--records',
      '18',
      '--data',
      data,
    ])
    process.stdout.write(`${scenario} is told\n`)
    await told.ended
  }
  const blocked = await decided('block', 'card-testing')
  await decided('review', 'mule')
  await forget((await decided('challenge', 'mule')).sender_account_id)
  const screens = {
    live: '',
    review: '/review',
    pipeline: '/pipeline',
    rules: '/rules',
    compliance: `/compliance?find=${blocked.transaction_id}`,
    account: `/account/${blocked.sender_account_id}`,
    decision: `/decision/${blocked.decision_id}`,
  }
  for (const colorScheme of ['light', 'dark'] as const) {
    const page = await browser.newPage({ viewport: VIEWPORT, colorScheme })
    for (const [name, path] of Object.entries(screens)) {
      await page.goto(`http://127.0.0.1:${port}/fraud-alerts${path}`)
      await page.locator('main .panel').first().waitFor()
      // Charts draw what has come since the page was opened.
      await new Promise((resolve) => setTimeout(resolve, name === 'pipeline' ? 10_000 : 3_000))
      await page.screenshot({ path: join(PICTURES, `${name}-${colorScheme}.png`) })
      process.stdout.write(`${name}-${colorScheme}.png\n`)
    }
    await page.close()
  }
} finally {
  await browser.close()
  up.kill('SIGTERM')
  await up.ended
  rmSync(folder, { recursive: true })
}

/** The newest decision of a story with that outcome, once there is one. */
async function decided(outcome: string, story: string): Promise<ListedDecision> {
  for (;;) {
    const said = sluice(['decisions', '--outcome', outcome, '--limit', '100', '--json'])
    const listed = said
      .trim()
      .split('\n')
      .flatMap((line) => (line === '' ? [] : [JSON.parse(line) as ListedDecision]))
    const found = listed.findLast(({ transaction_id }) => transaction_id.startsWith(story))
    if (found !== undefined) return found
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))
  }
}

/** Asks that an account be forgotten. */
async function forget(account: string): Promise<void> {
  const found = JSON.parse(sluice(['subject', 'find', '--json'], account)) as { readonly subject: string }
  sluice(['erase', '--subject', found.subject, '--reason', 'request 2026-114'])
}

function sluice(args: readonly string[], input = ''): string {
  return spawnSync(process.execPath, [PROGRAM, ...args, '--data', data], { input, encoding: 'utf8' }).stdout
}
