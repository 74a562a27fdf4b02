import { join } from 'node:path'
import { z } from 'zod'
import { API_SETTINGS } from './settings/api-settings.ts'
import { KAFKA_SETTINGS } from './settings/kafka-settings.ts'
import { flag, PORT, PREFIX, type Setting, setting, wholeNumber } from './settings/setting.ts'
import { SINK_SETTINGS } from './settings/sink-settings.ts'

const GIB = 2 ** 30
/** The rule file of the checkout, from wherever the program is started. */
const DEFAULT_RULES = join(import.meta.dirname, '../rules/default.yaml')

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
    '25000',
    'or after so many records; more while one takes over 10 MB',
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
  ...KAFKA_SETTINGS,
  ...SINK_SETTINGS,
  ...API_SETTINGS,
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
    // A number that an empty variable leaves open is null.
    const value = config[name as keyof Config] ?? ''
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
  return `${variable}=${withoutLogIn(text)}: ${what} (${doc}); correct it, or ${fix}`
}

/** A text that may be an address, without its log-in. A password may hold any sign, so it ends at the last `@` and begins as early as it can. */
function withoutLogIn(text: string): string {
  return text.replace(/^([a-z][\w+.-]*:\/\/)?.*@/is, '$1***@')
}
