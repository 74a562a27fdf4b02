import { randomBytes, randomInt } from 'node:crypto'
import { join } from 'node:path'
import { CodeKeys } from '../../otp/code-keys.ts'
import { consoleSender } from '../../otp/console-sender.ts'
import type { CodeSender, Contacts } from '../../otp/delivery.ts'
import { queueDelivery } from '../../otp/delivery-queue.ts'
import { DeliverySink, OTP_GROUP } from '../../otp/delivery-sink.ts'
import { EmbeddedOtpStore } from '../../otp/embedded-store.ts'
import { type OtpLimits, otpLimits } from '../../otp/limits.ts'
import { OtpService } from '../../otp/otp-service.ts'
import type { OtpStore } from '../../otp/otp-store.ts'
import { RecordAppender } from '../../otp/record-appender.ts'
import type { Config } from '../../platform/config.ts'
import type { Logger } from '../../platform/logger.ts'
import type { Metrics } from '../../platform/metrics.ts'
import { measureOtp } from '../../platform/otp-metrics.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { subjectOf, TOPICS } from '../../schemas/topics.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { KEY_FILES, KeysError } from './keys.ts'
import { sessionChain } from './otp-chain.ts'
import type { Session } from './session.ts'

const RANDOMNESS = { below: (bound: number) => randomInt(bound), bytes: (length: number) => randomBytes(length) }

/** One-time codes over a session's log and keys. */
export interface Otp {
  /** What the confirm API asks. */
  readonly challenges: OtpService
  /** Sends codes and tells the chain of ends until `signal` aborts, then drains. Decisions do not need it: what ends it is logged. */
  keepUp(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/**
 * Opens what the settings ask for; null where they say that no codes are sent.
 * @throws ConfigError, KeysError, StreamsError
 */
export async function openOtp(
  session: Session<Log>,
  logger: Pick<Logger, 'warn' | 'error'>,
  { registry }: Pick<Metrics, 'registry'>,
  print: (line: string) => void,
): Promise<Otp | null> {
  const { config, folder, log } = session
  const sender = senderOf(config, folder.keys.otpKey !== null, print)
  if (sender === null) return null
  const keys = new CodeKeys(otpKeyOf(session), RANDOMNESS)
  const limits = otpLimits({ lockMs: 1_800_000, codesPerClientMax: 20, triesPerClientMax: 60 })
  const schema = JSON.parse(SCHEMAS.OtpDelivery)
  const schemaId = await session.registry.idOf(subjectOf(TOPICS.otpDeliveries.name, 'sluice.OtpDelivery'), schema)
  const store = openStore(session, limits)
  const appender = new RecordAppender(log)
  const onSurvived = ({ code, message }: Error & { readonly code: string }) => {
    logger.warn({ code, error: message }, 'one-time codes go on')
  }
  const challenges = new OtpService({
    store,
    keys,
    limits,
    chain: sessionChain(session, appender, machineTime),
    queueDelivery: (id) => queueDelivery(appender, id, { schemaId, channel: sender.channel, nowMs: machineTime.nowMs }),
    clock: machineTime,
    onSurvived,
  })
  const metrics = measureOtp(registry, {
    service: () => challenges.counters,
    delivery: () => sink.delivery.counters,
    channel: sender.channel,
    challenges: () => store.size(),
  })
  const sink = new DeliverySink({
    log,
    group: log.group(OTP_GROUP),
    schemaId,
    store,
    keys,
    contacts: NO_CONTACTS,
    sender,
    clock: machineTime,
    onGivenUp: (challengeId, error) => {
      logger.warn({ challengeId, code: error.code, error: error.message }, 'a code reached nobody and is void')
    },
    onTried: metrics.observeTry,
    onSurvived,
  })
  return {
    challenges,
    keepUp: async (signal) => {
      try {
        await Promise.all([challenges.keepUp(signal), sink.run(signal)])
      } catch (error) {
        logger.error({ error: (error as Error).message }, 'one-time codes ended, decisions go on')
      }
    },
    close: async () => {
      await appender.close()
      await store.close()
    },
  }
}

const NO_CONTACTS: Contacts = { of: async () => null }

function openStore({ folder }: Session<Log>, limits: OtpLimits): OtpStore {
  return new EmbeddedOtpStore({ directory: join(folder.path, 'otp'), limits, clock: machineTime })
}

/** Demo folders of before have no key of codes, and go on without. */
function senderOf({ profile, otpDelivery }: Config, hasKey: boolean, print: (line: string) => void): CodeSender | null {
  const chosen = otpDelivery === '' ? (profile === 'demo' && hasKey ? 'console' : 'none') : otpDelivery
  return chosen === 'none' ? null : consoleSender(print)
}

/** Both keys, since a code that cannot be confirmed to the chain is of no use. */
function otpKeyOf({ folder: { keys } }: Session<Log>): Uint8Array {
  const missing = [keys.otpKey === null ? KEY_FILES.otp : [], keys.signing.api === null ? KEY_FILES.api : []].flat()
  if (keys.otpKey === null || missing.length > 0) {
    throw new KeysError(
      `${keys.folder} holds no ${missing.join(' and no ')}, which one-time codes need; put them there`,
    )
  }
  if (keys.signers.some(({ id }) => id === 'api')) return keys.otpKey
  throw new KeysError(
    `${keys.folder}/${KEY_FILES.signers} knows no signer \`api\`; add it with its public key and kinds`,
  )
}
