import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readyHooks } from '../../bin/runtime/hooks/session-hooks.ts'
import { readConfig } from '../../platform/config.ts'
import { readHooks } from '../../platform/hooks-config.ts'
import { ACTION_SYMBOLS } from '../../schemas/generated/enums.ts'
import { temporaryFolder } from '../bin/sluice-process.ts'

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`

/** A folder with a hooks file and the secrets that its hooks name. */
function hooksFile(hooks: readonly object[], { secrets = `${SECRET}\n`, mode = 0o600 } = {}): string {
  const folder = temporaryFolder()
  writeFileSync(join(folder, 'secrets'), secrets, { mode })
  const path = join(folder, 'hooks.yaml')
  writeFileSync(path, JSON.stringify({ hooks }).replaceAll('SECRETS', join(folder, 'secrets')))
  return path
}

const WEBHOOK = { name: 'cards', url: 'https://cards.example/hook', secrets_file: 'SECRETS' }

test('SPEC A5: a hook is told every action and has the stated bounds unless its file says otherwise', () => {
  const [hook] = readHooks(hooksFile([WEBHOOK]))
  expect(hook).toMatchObject({
    concurrency: 8,
    tries: 10,
    first_retry_ms: 5_000,
    timeout_ms: 10_000,
    allow_http: false,
  })
  expect(hook?.actions).toEqual(ACTION_SYMBOLS)
  expect(readHooks('')).toEqual([])
})

const REFUSED = [
  { why: 'plain http', hooks: [{ ...WEBHOOK, url: 'http://cards.example/' }], says: 'url must begin with https' },
  { why: 'another scheme', hooks: [{ ...WEBHOOK, url: 'file:///etc/passwd' }], says: 'url' },
  { why: 'a log-in in the URL', hooks: [{ ...WEBHOOK, url: 'https://a:b@cards.example/' }], says: 'no log-in' },
  { why: 'loopback', hooks: [{ ...WEBHOOK, url: 'https://2130706433/' }], says: '127.0.0.1 is no public address' },
  { why: 'metadata', hooks: [{ ...WEBHOOK, url: 'https://169.254.169.254/' }], says: 'is no public address' },
  { why: 'no network', hooks: [{ ...WEBHOOK, allow_networks: ['10.0.0.1'] }], says: '10.0.0.1 is no network' },
  { why: 'one name twice', hooks: [WEBHOOK, WEBHOOK], says: 'cards: two hooks have this name' },
  { why: 'a name that is none', hooks: [{ ...WEBHOOK, name: 'a/b' }], says: 'a-z' },
  { why: 'an unknown field', hooks: [{ ...WEBHOOK, secret: 'x' }], says: 'hooks' },
  { why: 'an unknown action', hooks: [{ ...WEBHOOK, actions: ['FREEZE'] }], says: 'hooks' },
  { why: 'more than 16', hooks: Array.from({ length: 17 }, (_, i) => ({ ...WEBHOOK, name: `h${i}` })), says: '16' },
]

const ready = (file: string) => readyHooks(readConfig({ SLUICE_HOOKS: file }))

test.each(REFUSED)('SPEC A5: a hooks file with $why is refused by name', ({ hooks, says }) => {
  const file = hooksFile(hooks)
  expect(() => ready(file)).toThrow(says)
  expect(() => ready(file)).toThrow('SLUICE_HOOKS=')
})

test('SPEC A5: secrets stand in a file of their own, which its owner alone can read; no message holds one', () => {
  expect(ready(hooksFile([WEBHOOK]))).toHaveLength(1)
  expect(() => ready(hooksFile([WEBHOOK], { mode: 0o644 }))).toThrow('can be read by others')
  const broken = hooksFile([WEBHOOK], { secrets: SECRET.replace('whsec', 'wrong') })
  expect(() => ready(broken)).toThrow(/^SLUICE_HOOKS=\S+ cards: secrets_file \S+ line 1 must be whsec_/)
  expect(() => ready(broken)).not.toThrow(SECRET.slice(6))
})

test('SPEC A5: a Redis channel needs the Redis', () => {
  expect(() => ready(hooksFile([{ name: 'bus', redis_channel: 'fraud:actions' }]))).toThrow(
    'SLUICE_REDIS_URL is not set',
  )
})
