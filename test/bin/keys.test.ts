import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import { keyFingerprint } from '../../bin/runtime/keys.ts'
import { edgeMask } from '../../bin/runtime/payment-source.ts'
import { createRuntime, openWritingSession } from '../../bin/runtime/session.ts'
import { GOOD_PAYMENT } from '../corpus/bad-inputs.ts'
import { testConfig } from './decided-folder.ts'
import { temporaryFolder } from './sluice-process.ts'

const PAN = '4111111111111111'

test('SPEC M3: chains and masks that are made one after the other from one session have its keys, not what another has wiped', async () => {
  const session = await openWritingSession(testConfig(temporaryFolder()))
  const { maskKeys, stateKey } = session.folder.keys
  const before = [...maskKeys.map(({ secret }) => secret), stateKey].map(keyFingerprint)
  // As `import` does: first the chain, then the mask of its producer.
  createRuntime(session)
  const masked = [edgeMask(session), edgeMask(session)].map((mask) => mask({ ...GOOD_PAYMENT, pan: PAN }))
  expect([...maskKeys.map(({ secret }) => secret), stateKey].map(keyFingerprint)).toEqual(before)
  const [key] = maskKeys
  const token = createHmac('sha256', key?.secret ?? '')
    .update(PAN)
    .digest('hex')
  for (const { cardToken } of masked) expect(cardToken).toContain(token)
  await session.log.close()
})
