import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import type { Action } from '../schemas/generated/enums.ts'
import { ConfigError, variableOf } from './config.ts'

const HOOKS_MAX = 16
const ACTIONS = ['BLOCK_CARD', 'REQUIRE_3DS', 'MANUAL_REVIEW'] as const satisfies readonly Action[]
const wholeNumber = (min: number, max: number) => z.number().int().min(min).max(max)

const COMMON = {
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, '1 to 32 of a-z, 0-9 and `-`'),
  /** The actions that it is told. */
  actions: z
    .array(z.enum(ACTIONS))
    .min(1)
    .default([...ACTIONS]),
  /** Tries under way at a time. */
  concurrency: wholeNumber(1, 64).default(8),
  tries: wholeNumber(1, 20).default(10),
  /** The longest pause between the first two tries. */
  first_retry_ms: wholeNumber(10, 3_600_000).default(5_000),
}

const WebhookSchema = z.strictObject({
  ...COMMON,
  url: z
    .url({ protocol: /^https?$/ })
    .transform((url) => new URL(url))
    .refine(({ username, password, hash }) => username + password + hash === '', 'no log-in and no fragment in it'),
  /** File of one or two secrets, mode 600; never the secrets. */
  secrets_file: z.string().min(1),
  timeout_ms: wholeNumber(100, 60_000).default(10_000),
  allow_http: z.boolean().default(false),
  /** Networks that it may reach though they are not public. */
  allow_networks: z.array(z.string()).max(64).default([]),
})

const ChannelSchema = z.strictObject({ ...COMMON, redis_channel: z.string().regex(/^[\w:.-]{1,128}$/) })

const HooksSchema = z.strictObject({ hooks: z.array(z.union([WebhookSchema, ChannelSchema])).max(HOOKS_MAX) })

export type WebhookConfig = z.output<typeof WebhookSchema>
export type ChannelConfig = z.output<typeof ChannelSchema>
export type HookConfig = WebhookConfig | ChannelConfig

/** The hooks of a file; none when no file is named. @throws ConfigError naming the file and each thing that is wrong. */
export function readHooks(path: string): HookConfig[] {
  if (path === '') return []
  let content: unknown
  try {
    content = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new ConfigError(`${variableOf('hooksFile')}=${path} cannot be read: ${(error as Error).message}`)
  }
  const parsed = HooksSchema.safeParse(content)
  const problems = parsed.success ? problemsOf(parsed.data.hooks) : z.prettifyError(parsed.error).split('\n')
  if (problems.length > 0 || !parsed.success) {
    throw new ConfigError([`${variableOf('hooksFile')}=${path}:`, ...problems.map((line) => `  ${line}`)].join('\n'))
  }
  return parsed.data.hooks
}

function problemsOf(hooks: readonly HookConfig[]): string[] {
  const names = hooks.map(({ name }) => name)
  const twice = names.filter((name, index) => names.indexOf(name) < index)
  const plain = hooks.filter((hook) => 'url' in hook && hook.url.protocol === 'http:' && !hook.allow_http)
  return [
    ...twice.map((name) => `${name}: two hooks have this name`),
    ...plain.map(({ name }) => `${name}: url must begin with https, or set allow_http: true`),
  ]
}
