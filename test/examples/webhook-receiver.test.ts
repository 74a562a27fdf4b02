import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { AddressRules } from '../../redis-alerts/hooks/address-rules.ts'
import { parseSecrets } from '../../redis-alerts/hooks/signature.ts'
import { Webhook } from '../../redis-alerts/hooks/webhook.ts'
import { temporaryFolder } from '../bin/sluice-process.ts'
import { hookAction } from '../redis-alerts/hooks/hook-actions.ts'
import { ExampleProcess } from './example-process.ts'

const EXAMPLE = join(import.meta.dirname, '../../examples/webhook-receiver.ts')
const secret = () => `whsec_${randomBytes(32).toString('base64')}`

test('SPEC A5: the receiver of docs/hooks.md does the work of an id once, with an old key or a new one, and takes nothing else', async () => {
  const [own, next, foreign] = [secret(), secret(), secret()]
  const folder = temporaryFolder()
  const secrets = join(folder, 'secrets')
  writeFileSync(secrets, `${own}\n`)
  const receiver = new ExampleProcess([process.execPath, EXAMPLE, secrets], folder)
  await receiver.printed(1)
  const port = /"port":(\d+)/.exec(receiver.lines[0] as string)?.[1]
  const url = new URL(`http://127.0.0.1:${port}/`)
  const rules = new AddressRules(['127.0.0.0/8'])
  const deliver = (number: number, keys: string, nowMs = Date.now) =>
    new Webhook({ url, keys: parseSecrets(keys), rules, timeoutMs: 30_000, nowMs }).deliver(
      hookAction(number, { json: '{"sender_account_id":"ACC_001"}' }),
    )

  expect(await deliver(1, own)).toMatchObject({ delivered: true, status: 204 })
  expect(await deliver(1, own)).toMatchObject({ delivered: true })
  expect(await deliver(2, foreign)).toMatchObject({ delivered: false, status: 401 })
  expect(await deliver(3, own, () => Date.now() - 600_000)).toMatchObject({ delivered: false, status: 401 })
  expect(await deliver(4, `${next}\n${own}`)).toMatchObject({ delivered: true })
  await receiver.printed(3)
  expect(receiver.lines.slice(1)).toEqual([
    'fraud.action.block_card ACC_001 3-1-BLOCK_CARD',
    'fraud.action.block_card ACC_001 3-4-BLOCK_CARD',
  ])
})
