import { z } from 'zod'

/** Every variable of ours begins with it. */
export const PREFIX = 'SLUICE_'

/** 0 takes any free port. */
export const PORT = z.coerce.number().int().min(0).max(65_535)
/** A whole number within both bounds. */
export const wholeNumber = (min: number, max: number) => z.coerce.number().int().min(min).max(max)
/** Yes or no. */
export const flag = z.enum(['yes', 'no']).transform((value) => value === 'yes')
/** `host:port` or `[address]:port`, separated by commas; empty is none. */
export const servers = z
  .string()
  .regex(/^(?:(?:[\w.-]+|\[[\da-f:.]+\]):\d{1,5}(?:,|$))*$/i, 'host:port, separated by commas')
  .transform((text) => text.split(',').filter((server) => server !== ''))

/** Whether an address has no log-in in it, which `sluice config` would print. */
const hasNoLogIn = (address: string): boolean => {
  const url = URL.parse(address)
  return url === null || (url.username === '' && url.password === '')
}
const NO_LOG_IN = 'no log-in in it'
/** An address of one of these protocols; empty is none. */
export const address = (protocol: RegExp) => z.union([z.literal(''), z.url({ protocol }).refine(hasNoLogIn, NO_LOG_IN)])
/** A file, or an address; empty is none. */
export const fileOrAddress = z.string().refine(hasNoLogIn, NO_LOG_IN)

/** One setting: the environment variable is its name after `SLUICE_`. */
export interface Setting<T> {
  readonly variable: string
  readonly schema: z.ZodType<T>
  readonly byDefault: string
  readonly doc: string
}

/** A setting whose variable is `variable` after the prefix. */
export function setting<T>(variable: string, schema: z.ZodType<T>, byDefault: string, doc: string): Setting<T> {
  return { variable: `${PREFIX}${variable}`, schema, byDefault, doc }
}
