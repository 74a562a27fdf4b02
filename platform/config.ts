import { join } from 'node:path'
import { z } from 'zod'

const PREFIX = 'SLUICE_'
const GIB = 2 ** 30
/** The rule file of the checkout, from wherever the program is started. */
const DEFAULT_RULES = join(import.meta.dirname, '../rules/default.yaml')
const PORT = z.coerce.number().int().min(0).max(65_535)
const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max)
const flag = z.enum(['yes', 'no']).transform((value) => value === 'yes')
/** `host:port` or `[address]:port`, separated by commas; empty is none. */
const servers = z
  .string()
  .regex(/^(?:(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}(?:,|$))*$/i, 'host:port, separated by commas')
  .transform((text) => text.split(',').filter((server) => server !== ''))

/** One setting: the environment variable is its name after `SLUICE_`. */
interface Setting<T> {
  readonly variable: string
  readonly schema: z.ZodType<T>
  readonly byDefault: string
  readonly doc: string
}

function setting<T>(variable: string, schema: z.ZodType<T>, byDefault: string, doc: string): Setting<T> {
  return { variable: `${PREFIX}${variable}`, schema, byDefault, doc }
}

/** Every setting, by the name that the code calls it. An empty default means "not set". */
const SETTINGS = {
  profile: setting(
    'PROFILE',
    z.enum(['demo', 'production']),
    'demo',
    'demo makes the keys of a new data folder itself; production stops when a key is missing',
  ),
  dataFolder: setting('DATA', z.string().min(1), 'data/sluice', 'the data folder: log, checkpoints, keys, labels'),
  keysFolder: setting('KEYS', z.string(), '', 'where the keys stand; empty is `keys` in the data folder'),
  checkpointsFolder: setting(
    'CHECKPOINTS',
    z.string(),
    '',
    'where checkpoints stand; a folder that all workers reach lets each take over from there; empty is `checkpoints` in the data folder',
  ),
  rulesFile: setting('RULES', z.string().min(1), DEFAULT_RULES, 'the rule set that `up` puts in force'),
  logLevel: setting('LOG_LEVEL', z.enum(['debug', 'info', 'warn', 'error']), 'warn', 'what goes to stderr'),
  metricsPort: setting('METRICS_PORT', PORT, '9464', 'metrics and health of `up`; 0 takes any free port'),
  metricsHost: setting('METRICS_HOST', z.string().min(1), '127.0.0.1', 'the address that metrics and health listen on'),
  boardPort: setting('BOARD_PORT', PORT, '3000', 'the port of the fraud board; 0 takes any free port'),
  boardHost: setting(
    'BOARD_HOST',
    z.string().min(1),
    '127.0.0.1',
    'the address that the fraud board listens on; any but loopback needs SLUICE_BOARD_USERS_FILE',
  ),
  boardUsersFile: setting(
    'BOARD_USERS_FILE',
    z.string(),
    '',
    'JSON file, mode 600, of who may log in to the board; `sluice board token` makes its entries; empty is no login, on loopback alone',
  ),
  boardReviewSlaMs: setting(
    'BOARD_REVIEW_SLA_MS',
    wholeNumber(1_000, 2 ** 42),
    '3600000',
    'a review that waits for longer is marked on the board',
  ),
  kafkaBootstrap: setting(
    'KAFKA_BOOTSTRAP',
    servers,
    '',
    'bootstrap servers of the Kafka cluster, host:port with commas; empty is the embedded log',
  ),
  kafkaClientId: setting('KAFKA_CLIENT_ID', z.string().min(1), 'sluice', 'how brokers name this program'),
  kafkaTls: setting('KAFKA_TLS', flag, 'no', 'brokers are spoken to by TLS: yes or no'),
  kafkaTlsCa: setting('KAFKA_TLS_CA', z.string(), '', 'PEM file of the authorities to trust; empty is those of Node'),
  kafkaTlsCert: setting('KAFKA_TLS_CERT', z.string(), '', 'PEM file of the client certificate'),
  kafkaTlsKey: setting('KAFKA_TLS_KEY', z.string(), '', 'PEM file of its key, mode 600'),
  kafkaSaslMechanism: setting(
    'KAFKA_SASL_MECHANISM',
    z.enum(['none', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']),
    'none',
    'how to log in to brokers; PLAIN with TLS only',
  ),
  kafkaSaslUser: setting('KAFKA_SASL_USER', z.string(), '', 'the user to log in as'),
  kafkaSaslPasswordFile: setting('KAFKA_SASL_PASSWORD_FILE', z.string(), '', 'file of the password alone, mode 600'),
  kafkaReplicas: setting(
    'KAFKA_REPLICAS',
    wholeNumber(1, 9),
    '3',
    'on how many brokers each partition stands; fewer than 3 survive no lost broker without a stop',
  ),
  registryUrl: setting(
    'REGISTRY_URL',
    z.union([
      z.literal(''),
      z.url({ protocol: /^https?$/ }).refine((url) => new URL(url).username === '', 'no log-in in it'),
    ]),
    '',
    'root of the Confluent-compatible schema registry; empty is the versions in schemas/registry',
  ),
  registryUser: setting('REGISTRY_USER', z.string(), '', 'the user to log in to the registry as'),
  registryPasswordFile: setting('REGISTRY_PASSWORD_FILE', z.string(), '', 'file of the password alone, mode 600'),
  redisUrl: setting(
    'REDIS_URL',
    z
      .string()
      .regex(
        /^(?:rediss?:\/\/(?:[\w.-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?:\/\d{1,4})?)?$/i,
        'redis://host:port/database, or rediss:// for TLS, without a log-in',
      ),
    '',
    'the Redis, 7.0 or later, that `sluice alerter` writes to: redis://host:port/database, rediss:// for TLS',
  ),
  redisUser: setting('REDIS_USER', z.string(), '', 'the ACL user to log in to Redis as; empty is `default`'),
  redisPasswordFile: setting('REDIS_PASSWORD_FILE', z.string(), '', 'file of the password alone, mode 600'),
  redisTlsCa: setting('REDIS_TLS_CA', z.string(), '', 'PEM file of the authorities to trust; empty is those of Node'),
  redisTimeoutMs: setting(
    'REDIS_TIMEOUT_MS',
    wholeNumber(10, 60_000),
    '2000',
    'a Redis that does not answer within so long is given up and asked again later; alerts wait in the log',
  ),
  otpDelivery: setting(
    'OTP_DELIVERY',
    z.enum(['', 'none', 'console', 'smtp', 'twilio', 'sendgrid']),
    '',
    'who sends one-time codes: smtp, twilio (SMS), sendgrid (mail), console (shows them) or none; empty is console in the demo profile, else none',
  ),
  otpStore: setting(
    'OTP_STORE',
    z.enum(['embedded', 'redis']),
    'embedded',
    'where one-time codes are kept: in the data folder, or in the Redis of SLUICE_REDIS_URL, which several machines share',
  ),
  otpContactsFile: setting(
    'OTP_CONTACTS',
    z.string(),
    '',
    'JSON file, mode 600, of whom codes go to, by account: {"acc-1": {"email": "...", "phone": "+49..."}}',
  ),
  otpSender: setting('OTP_SENDER', z.string(), '', 'the address or the number that codes come from'),
  otpGatewayUrl: setting(
    'OTP_GATEWAY_URL',
    z.union([
      z.literal(''),
      z.url({ protocol: /^(?:https?|smtps?)$/ }).refine((url) => new URL(url).username === '', 'no log-in in it'),
    ]),
    '',
    'smtp://host:port (STARTTLS) or smtps://host:port; for twilio and sendgrid empty is their own address',
  ),
  otpGatewayUser: setting('OTP_GATEWAY_USER', z.string(), '', "the mail server's user, or Twilio's account SID"),
  otpGatewayPasswordFile: setting(
    'OTP_GATEWAY_PASSWORD_FILE',
    z.string(),
    '',
    "file, mode 600, of the mail server's password, Twilio's auth token or SendGrid's API key alone",
  ),
  otpGatewayCa: setting(
    'OTP_GATEWAY_CA',
    z.string(),
    '',
    'PEM file of the authorities to trust for mail; empty is Node’s',
  ),
  otpLockMs: setting(
    'OTP_LOCK_MS',
    wholeNumber(60_000, 86_400_000),
    '1800000',
    'how long an account gets no code after five wrong ones; `sluice otp unlock` ends it before',
  ),
  otpCodesPerClient: setting(
    'OTP_CODES_PER_CLIENT',
    wholeNumber(1, 10_000),
    '20',
    'codes that one client of the API may have sent within 15 min',
  ),
  otpTriesPerClient: setting(
    'OTP_TRIES_PER_CLIENT',
    wholeNumber(1, 10_000),
    '60',
    'codes that one client of the API may try within 10 min',
  ),
  bigqueryProject: setting(
    'BIGQUERY_PROJECT',
    z.string(),
    '',
    'the Google Cloud project that `sluice archive` writes to',
  ),
  bigqueryDataset: setting(
    'BIGQUERY_DATASET',
    z.string().regex(/^\w{1,1024}$/, 'letters, digits and `_`'),
    'sluice',
    'the dataset of the archive; `sluice archive init --bigquery` makes it',
  ),
  bigqueryLocation: setting(
    'BIGQUERY_LOCATION',
    z.string().min(1),
    'US',
    'where a new dataset stands: US, EU, europe-west3',
  ),
  bigqueryKeyFile: setting(
    'BIGQUERY_KEY_FILE',
    z.string(),
    '',
    'key file of a service account, mode 600; empty is what Google’s library finds (gcloud, the machine’s own account)',
  ),
  bigqueryUrl: setting(
    'BIGQUERY_URL',
    z.union([z.literal(''), z.url({ protocol: /^http$/ })]),
    '',
    'root of the REST API of a stand-in for tests, http://host:port/bigquery/v2; empty is BigQuery itself',
  ),
  bigqueryStorage: setting(
    'BIGQUERY_STORAGE',
    z.string().regex(/^(?:(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5})?$/i, 'host:port'),
    '',
    'host:port of its Storage Write API, gRPC without TLS',
  ),
  bigqueryTimeoutMs: setting(
    'BIGQUERY_TIMEOUT_MS',
    wholeNumber(100, 600_000),
    '30000',
    'a request that BigQuery does not answer within so long is given up and asked again; rows wait in the log',
  ),
  hooksFile: setting(
    'HOOKS',
    z.string(),
    '',
    'YAML file of the hooks that actions are brought to (docs/hooks.md); empty is none',
  ),
  workerName: setting(
    'WORKER_NAME',
    z.string().regex(/^[\w.-]{1,64}$/, 'letters, digits, `.`, `_` and `-`'),
    'worker',
    'a worker that is started again under its name is the same member of its group',
  ),
  workerThreads: setting(
    'WORKER_THREADS',
    wholeNumber(1, 12),
    '1',
    'threads of a worker; each is a member of the group with partitions of its own',
  ),
  standby: setting(
    'STANDBY',
    z.enum(['none', 'all']),
    'none',
    'all: a worker folds the partitions of the others along, so that taking one over restores nothing; needs their memory',
  ),
  logBytesMax: setting(
    'LOG_BYTES_MAX',
    wholeNumber(64 << 20, 2 ** 44),
    String(4 * GIB),
    'bytes that the log may take; old records go first',
  ),
  logRetentionMs: setting(
    'LOG_RETENTION_MS',
    wholeNumber(60_000, 2 ** 42),
    String(7 * 86_400_000),
    'age at which payments leave the log',
  ),
  checkpointIntervalMs: setting(
    'CHECKPOINT_INTERVAL_MS',
    wholeNumber(100, 86_400_000),
    '10000',
    'a task writes a checkpoint after so long',
  ),
  checkpointIntervalRecords: setting(
    'CHECKPOINT_INTERVAL_RECORDS',
    wholeNumber(1, 2 ** 40),
    '100000',
    'or after so many records',
  ),
  fetchBytesMax: setting('FETCH_BYTES_MAX', wholeNumber(4_096, 8 << 20), '524288', 'bytes that a task takes at a time'),
  fetchWaitMs: setting('FETCH_WAIT_MS', wholeNumber(1, 10_000), '250', 'how long an idle task waits for records'),
  fetchArenaBytes: setting(
    'FETCH_ARENA_BYTES',
    wholeNumber(9 << 20, 1 << 30),
    String(9 << 20),
    'memory that batches are decoded in; larger than any fetch',
  ),
  dedupMaxIdsPerPartition: setting(
    'DEDUP_MAX_IDS_PER_PARTITION',
    wholeNumber(1, 33_357_824),
    '4000000',
    'transaction ids remembered for the last hour of event time',
  ),
  sendersMaxPerPartition: setting(
    'SENDERS_MAX_PER_PARTITION',
    wholeNumber(1, 30_000_000),
    '2000000',
    'senders with a history',
  ),
  windowsMaxEntriesPerPartition: setting(
    'WINDOWS_MAX_ENTRIES_PER_PARTITION',
    wholeNumber(1, 30_000_000),
    '4000000',
    'payments held in the windows of all senders',
  ),
  apiServed: setting('API', flag, 'yes', '`up` serves the confirm API on the port of the board: yes or no'),
  apiHost: setting('API_HOST', z.string().min(1), '127.0.0.1', 'the address that `sluice api` listens on'),
  apiPort: setting('API_PORT', PORT, '3002', 'the API when it runs alone, as `sluice api`; 0 takes any free port'),
  apiIssuer: setting('API_ISSUER', z.string().min(1), 'sluice', 'who must have issued an access token (iss)'),
  apiAudience: setting('API_AUDIENCE', z.string().min(1), 'sluice-api', 'whom an access token must be for (aud)'),
  apiJwks: setting(
    'API_JWKS',
    z.string(),
    '',
    'public keys of access tokens: a JWKS file, or its https address; empty is the key file of the demo',
  ),
  apiTokenLifeMaxS: setting(
    'API_TOKEN_LIFE_MAX_S',
    wholeNumber(1, 86_400),
    '3600',
    'seconds from issue to expiry; a token that lives longer is refused',
  ),
  apiTimeoutMs: setting(
    'API_TIMEOUT_MS',
    wholeNumber(50, 60_000),
    '2000',
    'how long a call waits for its decision; then 503, and the same key gets it later',
  ),
  apiInFlightMax: setting(
    'API_IN_FLIGHT_MAX',
    wholeNumber(1, 100_000),
    '128',
    'calls on their way at one time; one more is refused at once with 503',
  ),
  apiDelayMaxMs: setting(
    'API_DELAY_MAX_MS',
    wholeNumber(1, 600_000),
    '100',
    'how late the process may be for its work before new calls are refused at once with 503',
  ),
  apiRate: setting(
    'API_RATE',
    wholeNumber(1, 1_000_000),
    '10',
    'new payments a minute and caller; repeats do not count',
  ),
  apiRateWithoutRedis: setting(
    'API_RATE_WITHOUT_REDIS',
    wholeNumber(1, 1_000_000),
    '3',
    'the same, a minute, caller and instance, while the Redis of SLUICE_REDIS_URL does not answer',
  ),
  apiClaimsMax: setting(
    'API_CLAIMS_MAX',
    wholeNumber(1, 100_000_000),
    '2000000',
    'idempotency keys that an instance holds, about 1 KiB of disk each; past it new ones get 503 until old ones end',
  ),
  apiReplayStatus: setting(
    'API_REPLAY_STATUS',
    z.enum(['first', '409']),
    'first',
    'a finished call that comes again gets its first status; `409` is for old clients that expect a conflict',
  ),
  archive: setting('ARCHIVE', flag, 'yes', '`up` archives in a process of its own, for `sluice sql`: yes or no'),
  archiveMemoryMb: setting(
    'ARCHIVE_MEMORY_MB',
    wholeNumber(64, 1 << 20),
    '512',
    'MB that the archive’s DuckDB may take, for rows and queries together',
  ),
  simulate: setting('SIMULATE', flag, 'yes', '`up` simulates payments in a process of its own: yes or no'),
  simulateRate: setting('SIMULATE_RATE', wholeNumber(1, 1_000_000), '200', 'simulated payments a second'),
  simulateScenario: setting('SIMULATE_SCENARIO', z.string().min(1), 'mixed', 'what is simulated'),
  simulateSeed: setting('SIMULATE_SEED', z.string().min(1), 'sluice', 'the seed of the simulated world'),
  stackCache: setting(
    'STACK_CACHE',
    z.string(),
    '',
    'where `npm run stack` keeps downloads and logs; empty is `sluice` in the cache folder of the user',
  ),
} as const

/** Every setting's value. */
export type Config = {
  readonly [K in keyof typeof SETTINGS]: (typeof SETTINGS)[K] extends Setting<infer T> ? T : never
}

/** A setting as `sluice config` shows it. */
export interface ShownSetting {
  readonly variable: string
  readonly value: string
  readonly byDefault: string
  readonly doc: string
}

/** One or more variables are wrong. The message has a line for each: its name, what is wrong, and the default. */
export class ConfigError extends Error {}

/** The process's environment: the one place where the program reads it. */
export function environment(): Readonly<Record<string, string | undefined>> {
  return process.env
}

/** Whether people asked for no colours (https://no-color.org). */
export function wantsNoColor(): boolean {
  return (environment()['NO_COLOR'] ?? '') !== ''
}

/**
 * Reads all settings; `given` (from the command line, by variable) goes before the environment.
 * @throws ConfigError naming each variable that is wrong or unknown.
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>> = environment(),
  given: Readonly<Record<string, string>> = {},
): Config {
  const merged = { ...env, ...given }
  const problems = unknownVariables(merged)
  const values: Record<string, unknown> = {}
  for (const [name, { variable, schema, byDefault, doc }] of Object.entries(SETTINGS)) {
    const text = merged[variable] ?? byDefault
    const parsed = schema.safeParse(text === '' && byDefault !== '' ? undefined : text)
    if (parsed.success) values[name] = parsed.data
    else problems.push(problem(variable, text, parsed.error, byDefault, doc))
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'))
  return values as Config
}

/** All settings with their values in force, in the order of the table. */
export function shownSettings(config: Config): readonly ShownSetting[] {
  return Object.entries(SETTINGS).map(([name, { variable, byDefault, doc }]) => {
    const value = config[name as keyof Config]
    return { variable, value: typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value), byDefault, doc }
  })
}

/** The variable of a setting, for messages. */
export function variableOf(name: keyof Config): string {
  return SETTINGS[name].variable
}

/** What tests and benches are told, which start our programs. */
const OF_TOOLS = /^SLUICE_(?:TEST|BENCH)_/

function unknownVariables(env: Readonly<Record<string, string | undefined>>): string[] {
  const known = new Set<string>(Object.values(SETTINGS).map(({ variable }) => variable))
  return Object.keys(env)
    .filter((variable) => variable.startsWith(PREFIX) && !OF_TOOLS.test(variable) && !known.has(variable))
    .map((variable) => `${variable} is no setting; \`sluice config\` lists them all. Remove it or correct its name`)
}

function problem(variable: string, text: string, error: z.ZodError, byDefault: string, doc: string): string {
  const what = error.issues[0]?.message ?? 'not valid'
  const fix = byDefault === '' ? 'remove it' : `remove it for the default, ${byDefault}`
  // An address may hold a password.
  const shown = text.replace(/\/\/[^/]*@/, '//***@')
  return `${variable}=${shown}: ${what} (${doc}); correct it, or ${fix}`
}
