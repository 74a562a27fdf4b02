import { join } from 'node:path'
import { sessionChain } from '../../bin/runtime/otp/otp-chain.ts'
import { openSession } from '../../bin/runtime/session.ts'
import type { ChallengedPayment } from '../../otp/challenges.ts'
import { CodeKeys } from '../../otp/code-keys.ts'
import { EmbeddedOtpStore } from '../../otp/embedded-store.ts'
import { otpLimits } from '../../otp/limits.ts'
import { OtpService } from '../../otp/otp-service.ts'
import { RecordAppender } from '../../otp/record-appender.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { testConfig } from '../bin/decided-folder.ts'

/**
 * A process that is given the right code and is killed, with SIGKILL, once the store has accepted it: before the chain is told
 * (`before`), or after that is durable and before the store knows (`after`). Arguments: folder, payment as JSON, code, when.
 */
const [folder = '', payment = '', code = '', when] = process.argv.slice(2)
const session = await openSession(testConfig(folder))
const limits = otpLimits({ lockMs: 60_000, codesPerClientMax: 20, triesPerClientMax: 20 })
const store = new EmbeddedOtpStore({ directory: join(folder, 'otp'), limits, clock: machineTime })
const chain = sessionChain(session, new RecordAppender(session.log), machineTime)
const randomness = { below: () => 0, bytes: (length: number) => new Uint8Array(length) }
const die = () => process.kill(process.pid, 'SIGKILL')
const service = new OtpService({
  store,
  keys: new CodeKeys(session.folder.keys.otpKey ?? new Uint8Array(0), randomness),
  limits,
  chain: {
    ...chain,
    tell: async (end) => {
      if (when === 'after') await chain.tell(end)
      die()
      return new Promise(() => {})
    },
  },
  queueDelivery: async () => {},
  clock: machineTime,
  onSurvived: () => {},
})
const check = await service.verify(JSON.parse(payment) as ChallengedPayment, code, 'ana')
process.stdout.write(`not killed: ${JSON.stringify(check)}\n`)
