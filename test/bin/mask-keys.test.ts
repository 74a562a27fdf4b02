import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { findDecisions } from '../../bin/runtime/decision-search.ts'
import { KEY_FILES } from '../../bin/runtime/keys.ts'
import { createProducer } from '../../bin/runtime/payment-source.ts'
import { openWritingSession } from '../../bin/runtime/session.ts'
import { unmasked } from '../../producers/mask-payment.ts'
import { GOOD_PAYMENT } from '../corpus/bad-inputs.ts'
import { auditedActs } from './audited-acts.ts'
import { testConfig } from './decided-folder.ts'
import { SluiceProcess, sluice, temporaryFolder } from './sluice-process.ts'

const UP = ['up', '--port', '0', '--no-simulate']

/** Sends a payment with raw fields, as a foreign producer does, and returns the key that the chain masked it with. */
async function maskedWith(folder: string, transactionId: string): Promise<string | null> {
  const session = await openWritingSession(testConfig(folder))
  try {
    const producer = createProducer(session, unmasked)
    const raw = { pan: '4111111111111111', email: 'ana@example.org' }
    await producer.send({ ...GOOD_PAYMENT, ...raw, transactionId, senderAccountId: 'acc-ana', eventTime: Date.now() })
    await producer.close()
    return await vi.waitFor(async () => {
      const [found] = await findDecisions(session, transactionId)
      if (found === undefined) throw new Error('not decided yet')
      const { maskKeyId, cardToken } = found.decision
      expect(cardToken).toContain(`v1:${maskKeyId}:`)
      return maskKeyId
    }, 20_000)
  } finally {
    await session.log.close()
  }
}

/** Turns the order of a folder's mask keys around, as one does for the edges to mask with the new one. */
function turnKeys(folder: string): void {
  const file = join(folder, 'keys', KEY_FILES.mask)
  writeFileSync(file, JSON.stringify(JSON.parse(readFileSync(file, 'utf8')).toReversed()))
}

async function ended(up: SluiceProcess): Promise<void> {
  up.child.kill('SIGINT')
  expect(await up.ended).toBe(0)
}

test('SPEC M3 S6: a mask key is put in force by a record, and a replay meets it there in whatever order the file has the keys', async () => {
  const folder = temporaryFolder()
  const at = ['--data', folder]
  const first = new SluiceProcess([...UP, ...at])
  await first.says(/12 tasks/)
  expect(await maskedWith(folder, 'pay-1')).toBe('mask-1')
  await ended(first)

  // The order alone changes nothing: neither what is decided anew nor what was decided.
  turnKeys(folder)
  const second = new SluiceProcess([...UP, ...at])
  await second.says(/12 tasks/)
  expect(await maskedWith(folder, 'pay-2')).toBe('mask-1')
  const activated = await sluice(['mask-keys', 'activate', 'mask-2', '--reason', 'yearly', '--json', ...at])
  expect(activated.code, activated.stderr).toBe(0)
  const change = JSON.parse(activated.stdout)
  expect(change).toMatchObject({ kind: 'MASK_KEY_ACTIVATED', id: 'mask-2', before: 'mask-1', holds: true })
  expect(change.places).toHaveLength(12)
  expect(await maskedWith(folder, 'pay-3')).toBe('mask-2')
  await ended(second)

  // From the checkpoints of the second one.
  turnKeys(folder)
  const third = new SluiceProcess([...UP, ...at])
  await third.says(/12 tasks/)
  expect(await maskedWith(folder, 'pay-4')).toBe('mask-2')
  await ended(third)
  const verified = await sluice(['verify', ...at])
  expect(verified.code, verified.stdout).toBe(0)
  const shown = (await sluice(['mask-keys', 'show', '--json', ...at])).stdout.trim().split('\n')
  expect(shown.map((line) => JSON.parse(line))).toEqual([
    { id: 'mask-1', masks_at: ['edges'], list_entries: 0 },
    { id: 'mask-2', masks_at: ['chain'], list_entries: 0 },
  ])
  expect((await auditedActs(folder)).map(({ act, subject, result }) => [act, subject, result])).toEqual([
    ['mask-key.activate', 'mask-2', 'done'],
  ])
}, 120_000)

test('SPEC M3 S1: a key under which listed cards would be unknown is not put in force in passing, nor one that nobody has', async () => {
  const folder = temporaryFolder()
  const at = ['--data', folder]
  const up = new SluiceProcess([...UP, ...at])
  await up.says(/12 tasks/)
  const listed = await sluice(['lists', 'add', 'card', '-', '--reason', 'stolen', ...at], {}, '4111111111111111\n')
  expect(listed.code, listed.stderr).toBe(0)
  await ended(up)
  const file = join(folder, 'keys', KEY_FILES.mask)
  const keys = JSON.parse(readFileSync(file, 'utf8'))
  writeFileSync(file, JSON.stringify([...keys, { id: 'mask-3', secret: 'ab'.repeat(32) }]))

  const again = new SluiceProcess([...UP, ...at])
  await again.says(/12 tasks/)
  const activate = (id: string, ...more: string[]) =>
    sluice(['mask-keys', 'activate', id, '--reason', 'yearly', ...more, ...at])
  expect(await activate('mask-9')).toMatchObject({ code: 2, stderr: expect.stringContaining('mask-1, mask-2, mask-3') })
  expect(await activate('mask-3')).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^sluice: 1 listed .* mask-3/),
  })
  expect(await activate('mask-2')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^mask-2: masks from input 0-\d/),
  })
  const forgotten = await activate('mask-3', '--forget-lists')
  expect(forgotten, forgotten.stderr).toMatchObject({ code: 0 })
  expect(await maskedWith(folder, 'pay-1')).toBe('mask-3')
  await ended(again)

  // A checkpoint in whose state it is in force is of no use to a machine without it, which says so.
  writeFileSync(file, JSON.stringify(keys))
  const without = await sluice([...UP, ...at])
  expect(without.code).toBe(1)
  expect(without.stderr).toMatch(/MASK_KEY_MISSING|mask key mask-3, which is in force, is not among/)
}, 120_000)
