import { randomBytes, randomInt, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { CodeKeys } from '../../../otp/code-keys.ts'
import { ContactsFile } from '../../../otp/contacts-file.ts'
import type { CodeSender, Contacts } from '../../../otp/delivery.ts'
import { queueDelivery } from '../../../otp/delivery-queue.ts'
import { DeliverySink, OTP_GROUP } from '../../../otp/delivery-sink.ts'
import { EmbeddedOtpStore } from '../../../otp/embedded-store.ts'
import { type OtpLimits, otpLimits } from '../../../otp/limits.ts'
import { OtpService } from '../../../otp/otp-service.ts'
import type { OtpStore } from '../../../otp/otp-store.ts'
import { RecordAppender } from '../../../otp/record-appender.ts'
import { type Config, ConfigError, variableOf } from '../../../platform/config.ts'
import type { Logger } from '../../../platform/logger.ts'
import type { Metrics } from '../../../platform/metrics.ts'
import { measureOtp } from '../../../platform/otp-metrics.ts'
import { SCHEMAS } from '../../../schemas/generated/schemas.ts'
import { subjectOf, TOPICS } from '../../../schemas/topics.ts'
import type { Log } from '../../../streams/log/log.ts'
import { machineTime } from '../../../streams/machine/machine-time.ts'
import type { DataFolder } from '../data-folder.ts'
import { KEY_FILES, KeysError } from '../keys.ts'
import { redisServer } from '../redis-target.ts'
import type { Session } from '../session.ts'
import { sessionChain } from './otp-chain.ts'
import { chosenDelivery, codeSender } from './otp-sender.ts'

const RANDOMNESS = { below: (bound: number) => randomInt(bound), bytes: (length: number) => randomBytes(length) }

/** One-time codes over a session's log and keys. */
export interface Otp {
  /** What the confirm API asks. */
  readonly challenges: OtpService
  /** Any number of processes may: sends codes and tells the chain of ends until `signal` aborts, then drains. Decisions do not need it: what ends it is logged. */
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
  const delivery = chosenDelivery(config, folder.keys.otpKey !== null)
  if (delivery === 'none') return null
  const keys = new CodeKeys(otpKeyOf(session), RANDOMNESS)
  const sender = await codeSender(config, delivery, print)
  const contacts = contactsOf(config, sender)
  const schema = JSON.parse(SCHEMAS.OtpDelivery)
  const schemaId = await session.registry.idOf(subjectOf(TOPICS.otpDeliveries.name, 'sluice.OtpDelivery'), schema)
  const store = await openOtpStore(session)
  const appender = new RecordAppender(log)
  const onSurvived = ({ code, message }: Error & { readonly code: string }) => {
    logger.warn({ code, error: message }, 'one-time codes go on')
  }
  const challenges = new OtpService({
    store,
    keys,
    limits: limitsOf(config),
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
    name: randomUUID(),
    store,
    keys,
    contacts,
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
      const ended = (error: Error) => logger.error({ error: error.message }, 'one-time codes ended, decisions go on')
      await Promise.all([challenges.keepUp(signal).catch(ended), sink.run(signal).catch(ended)])
    },
    close: async () => {
      await appender.close()
      await store.close()
    },
  }
}

/** The console needs no contacts: it shows codes by account. */
function contactsOf({ otpContactsFile }: Config, { channel }: CodeSender): Contacts {
  if (otpContactsFile !== '') return new ContactsFile(otpContactsFile)
  if (channel === 'CONSOLE') return { of: async () => null }
  throw new ConfigError(`${variableOf('otpContactsFile')} is not set; it names the file of whom codes are sent to`)
}

/** Where the settings say that codes are kept; whoever opens it closes it. @throws ConfigError, KeysError, StreamsError */
export async function openOtpStore({ config, folder }: Pick<Session<Log>, 'config' | 'folder'>): Promise<OtpStore> {
  const limits = limitsOf(config)
  if (config.otpStore === 'embedded') {
    return new EmbeddedOtpStore({ directory: otpDirectory(folder), limits, clock: machineTime })
  }
  // The Redis client takes its time to load; who keeps codes in the folder should not wait for it.
  const { RedisOtpStore } = await import('../../../otp/redis-store.ts')
  return RedisOtpStore.open(redisServer(config, 'one-time codes'), limits)
}

/** Where a data folder keeps codes, if it does. */
export function otpDirectory(folder: Pick<DataFolder, 'path'>): string {
  return join(folder.path, 'otp')
}

export function limitsOf({ otpLockMs, otpCodesPerClient, otpTriesPerClient }: Config): OtpLimits {
  return otpLimits({ lockMs: otpLockMs, codesPerClientMax: otpCodesPerClient, triesPerClientMax: otpTriesPerClient })
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
