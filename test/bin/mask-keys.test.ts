import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { controlOutcome } from '../../bin/runtime/control/control-outcome.ts'
import { ALL_PARTITIONS, sendControl } from '../../bin/runtime/control/control-records.ts'
import { findDecisions } from '../../bin/runtime/decision-search.ts'
import { KEY_FILES } from '../../bin/runtime/keys.ts'
import { createProducer } from '../../bin/runtime/payment-source.ts'
import { openWritingSession } from '../../bin/runtime/session.ts'
import { unmasked } from '../../producers/mask-payment.ts'
import { GOOD_PAYMENT } from '../corpus/bad-inputs.ts'
import { decidedSession, pay } from '../otp/challenged-folder.ts'
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
  expect(change).toMatchObject({ kind: 'MASK_KEY_ACTIVATED', id: 'mask-2', before: ['mask-1'], holds: true })
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
    { id: 'mask-1', masks_at: ['edges'], partitions: [], list_entries: 0 },
    { id: 'mask-2', masks_at: ['chain'], partitions: ALL_PARTITIONS, list_entries: 0 },
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

  // From now on nobody starts without it, nor with another one of that name.
  const others = [
    { third: [], why: 'is missing' },
    { third: [{ id: 'mask-3', secret: 'cd'.repeat(32) }], why: 'is another one' },
  ]
  for (const { third, why } of others) {
    writeFileSync(file, JSON.stringify([...keys, ...third]))
    const refused = await sluice([...UP, ...at])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(new RegExp(`the mask key mask-3 in \\S+ ${why} `))
  }
}, 120_000)

test('SPEC M3 S6: a pipeline without the key stops before its record and goes on once it has it, as a replay does', async () => {
  const folder = temporaryFolder()
  const at = ['--data', folder]
  const own = join(folder, 'keys')
  const before = join(folder, 'keys-before')
  const up = () => new SluiceProcess([...UP, ...at], { SLUICE_KEYS: before })
  const made = new SluiceProcess([...UP, ...at])
  await made.says(/12 tasks/)
  await ended(made)
  cpSync(own, before, { recursive: true })
  const keys = JSON.parse(readFileSync(join(own, KEY_FILES.mask), 'utf8'))
  writeFileSync(join(own, KEY_FILES.mask), JSON.stringify([...keys, { id: 'mask-3', secret: 'ab'.repeat(32) }]))

  const without = up()
  await without.says(/12 tasks/)
  const activated = await sluice(['mask-keys', 'activate', 'mask-3', '--reason', 'yearly', ...at])
  expect(activated, activated.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining('it holds once') })
  expect(await without.ended).toBe(1)
  expect(without.stderr).toContain('mask key mask-3, which was put in force, is not among')
  const shown = (await sluice(['mask-keys', 'show', ...at])).stdout
  expect(shown).toMatch(/^mask-1 {2}masks at: chain, edges/)
  const again = up()
  expect(await again.ended).toBe(1)
  expect(again.stderr).toMatch(/the mask key mask-3 in \S+keys-before is missing/)

  cpSync(own, before, { recursive: true })
  const withIt = up()
  await withIt.says(/12 tasks/)
  expect(await maskedWith(folder, 'pay-1')).toBe('mask-3')
  await ended(withIt)
  const verified = await sluice(['verify', ...at])
  expect(verified.code, verified.stdout).toBe(0)
}, 120_000)

test('SPEC S1: a machine that lacks a key of the listed changes no list, and what has ended holds up no rotation', async () => {
  const folder = temporaryFolder()
  const at = ['--data', folder]
  const session = await decidedSession(folder)
  const file = join(folder, 'keys', KEY_FILES.mask)
  const keys = JSON.parse(readFileSync(file, 'utf8'))
  const subject = `card:v1:mask-3:${'0'.repeat(64)}`
  const add = async (subject: string, until: number | null) => {
    const change = { kind: 'LIST_ADDED', actor: 'ana', reason: 'case 41', subject, until } as const
    const places = await sendControl(session, 'admin', change, ALL_PARTITIONS, Date.now())
    for (const place of places) expect(await controlOutcome(session, place, Date.now() + 15_000)).toBe('holds')
  }
  await pay(session, { transactionId: 'pay-1', senderAccountId: 'acc-1' })
  await add(`card:v1:mask-1:${'0'.repeat(64)}`, Date.now() - 60_000)
  await add(subject, null)
  const removed = await sluice(['lists', 'remove', 'card', '4111111111111111', '--reason', 'found', ...at])
  expect(removed).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/stand under mask key mask-3, which .* lacks/),
  })
  writeFileSync(file, JSON.stringify([...keys, { id: 'mask-3', secret: 'ab'.repeat(32) }]))
  const shown = (await sluice(['mask-keys', 'show', '--json', ...at])).stdout.trim().split('\n')
  expect(shown.map((line) => JSON.parse(line).list_entries)).toEqual([0, 0, 1])
}, 60_000)
