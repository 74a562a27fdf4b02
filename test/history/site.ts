import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { addTokenKey, TOKEN_KEY_FILES } from '../../bin/runtime/api/token-keys.ts'
import { openClusterSession } from '../../bin/runtime/cluster-session.ts'
import { generateKeys } from '../../bin/runtime/keys.ts'
import { openWritingSession, type Session } from '../../bin/runtime/session.ts'
import { readConfig } from '../../platform/config.ts'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { type Redis, startRedis } from '../../stack/redis/redis.ts'
import type { Log } from '../../streams/log/log.ts'
import { RunProcess } from '../eos/run-process.ts'
import { Instance, Part } from './instance.ts'

/** What runs: a worker and two APIs over one log, each in a process of its own. */
export interface Site {
  readonly folder: string
  readonly session: Session<Log>
  readonly worker: Part
  readonly instances: readonly Instance[]
  /** By account; filled as the APIs show codes on their consoles. */
  readonly codes: ReadonlyMap<string, string>
  /** Null in the embedded profile. */
  readonly kafka: Kafka | null
  readonly redis: Redis | null
  close(): Promise<void>
}

const PROGRAM = fileURLToPath(new URL('../../bin/sluice.ts', import.meta.url))
/** No limit of a caller is what this is about, and a machine that does much else is no reason to refuse. */
const UNLIMITED = {
  SLUICE_API_RATE: '100000',
  SLUICE_API_DELAY_MAX_MS: '600000',
  SLUICE_OTP_CODES_PER_CLIENT: '10000',
  SLUICE_OTP_TRIES_PER_CLIENT: '10000',
}
/** Nothing that runs beside the tasks and is not asked for here. */
const ALONE = { SLUICE_API: 'no', SLUICE_ARCHIVE: 'no', SLUICE_BOARD_PORT: '0', SLUICE_OTP_DELIVERY: 'none' }
const CODE = /^code for (\S+): (\d{6}) /

/** `sluice up`, without an API of its own, and two `sluice api` on one data folder. */
export async function embeddedSite(): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-history-'))
  const env = { SLUICE_DATA: folder, ...UNLIMITED }
  const session = await openWritingSession(readConfig({}, env))
  await addTokenKey(session.folder.keys.folder)
  const worker = new Part('worker', ['up', '--no-simulate', '--port', '0'], { ...env, ...ALONE }, isReady(/^sluice /))
  return started({ folder, session, worker, kafka: null, redis: null }, [], env)
}

/** Who says so to the broker, which lets each do its own work alone. */
const ROLES = { worker: 'worker', api: 'api' } as const

/** `sluice worker` on a broker, and two `sluice api --kafka` that share a Redis; each has the least rights that it needs. */
export async function clusterSite(): Promise<Site> {
  const users = Object.values(ROLES).map((user) => [user, `${user}-secret`])
  const [kafka, redis] = [await startKafka({ brokers: 1, users: Object.fromEntries(users) }), await startRedis()]
  const folder = mkdtempSync(join(tmpdir(), 'sluice-history-'))
  const keys = join(folder, 'keys')
  generateKeys(keys)
  await addTokenKey(keys)
  const env = {
    SLUICE_DATA: join(folder, 'data'),
    SLUICE_KEYS: keys,
    SLUICE_KAFKA_BOOTSTRAP: kafka.bootstrap.join(','),
    SLUICE_KAFKA_REPLICAS: '1',
    SLUICE_REDIS_URL: redis.url,
    SLUICE_OTP_STORE: 'redis',
    SLUICE_API_JWKS: join(keys, TOKEN_KEY_FILES.public),
    SLUICE_API_RATE_WITHOUT_REDIS: '100000',
    ...UNLIMITED,
  }
  const envOf = (user: string) => ({ ...env, ...login(folder, kafka, user) })
  const acls = Object.entries(ROLES).map(([role, user]) => `${role}=User:${user}`)
  const topics = new RunProcess(PROGRAM, ['topics', '--kafka', '--acls', ...acls], envOf('admin'), () => {})
  if ((await topics.ended) !== 0) throw new Error(`sluice topics: ${topics.errors}`)
  const worker = new Part('worker', ['worker', '--port', '0'], envOf(ROLES.worker), isReady(/^partitions: \d/))
  await worker.start()
  // It reviews payments and reads everything back.
  const session = await openClusterSession(readConfig({}, envOf('admin')))
  return started({ folder, session, worker, kafka, redis }, ['--kafka'], envOf(ROLES.api))
}

function login(folder: string, { security }: Kafka, user: string): Readonly<Record<string, string>> {
  const password = join(folder, `${user}.password`)
  writeFileSync(password, `${user}-secret`, { mode: 0o600 })
  return {
    SLUICE_KAFKA_TLS: 'yes',
    SLUICE_KAFKA_TLS_CA: security?.authority.certificateFile ?? '',
    SLUICE_KAFKA_SASL_MECHANISM: 'SCRAM-SHA-512',
    SLUICE_KAFKA_SASL_USER: user,
    SLUICE_KAFKA_SASL_PASSWORD_FILE: password,
  }
}

async function started(
  parts: Omit<Site, 'instances' | 'codes' | 'close'>,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Site> {
  const { folder, session, worker, kafka, redis } = parts
  const codes = new Map<string, string>()
  const onLine = (line: string) => {
    const [, account, code] = CODE.exec(line) ?? []
    if (account !== undefined && code !== undefined) codes.set(account, code)
  }
  const instances = [await Instance.open('one', args, env, onLine), await Instance.open('two', args, env, onLine)]
  const close = async () => {
    for (const instance of instances) await instance.remove()
    await worker.remove()
    await session.log.close()
    await redis?.stop()
    await kafka?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const idle = worker.lives === 0 ? [worker] : []
    await Promise.all([...idle, ...instances.map(({ part }) => part)].map((part) => part.start()))
  } catch (error) {
    await close()
    throw error
  }
  return { ...parts, instances, codes, close }
}

function isReady(line: RegExp) {
  return { isReady: line, onLine: () => {} }
}

/** What there is to look at after a run that failed. */
export function keep(evidence: string): string {
  const kept = mkdtempSync(join(tmpdir(), 'sluice-history-failed-'))
  mkdirSync(kept, { recursive: true })
  cpSync(evidence, kept, { recursive: true })
  return kept
}
