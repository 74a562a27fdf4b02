import { z } from 'zod'
import type { TokenUser } from '../../../dashboards/board/access.ts'
import { ROLES } from '../../../dashboards/board/views.ts'
import { type Config, ConfigError, variableOf } from '../../../platform/config.ts'
import { readSecretFile } from '../keys.ts'

const LOOPBACK = new Set(['127.0.0.1', '::1', 'localhost'])

const UsersSchema = z
  .array(
    z.strictObject({
      name: z.string().regex(/^[\w.@-]{1,64}$/, '1 to 64 letters, digits, `.`, `_`, `@`, `-`'),
      role: z.enum(ROLES),
      sha256: z.string().regex(/^[0-9a-f]{64}$/, 'the SHA-256 of a token, as `sluice board token` prints it'),
    }),
  )
  .min(1)

/** Whether an address is reached from this machine alone. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host)
}

/**
 * Who may log in to the board; null where nobody needs to, because it listens on loopback alone and no file is set.
 * @throws ConfigError when the board would be open to the network without a login, or the file is not as it must be; KeysError when
 * it is missing or open to others.
 */
export function boardUsers({ boardHost, boardUsersFile: file }: Config): readonly TokenUser[] | null {
  const variable = variableOf('boardUsersFile')
  if (file === '') {
    if (isLoopback(boardHost)) return null
    throw new ConfigError(
      `${variableOf('boardHost')}=${boardHost}: others reach it there, so people must log in; set ${variable}, or leave it at 127.0.0.1`,
    )
  }
  const text = readSecretFile(file, `correct ${variable}`)
  try {
    return UsersSchema.parse(JSON.parse(text))
  } catch (error) {
    const what = error instanceof z.ZodError ? error.issues[0]?.message : (error as Error).message
    throw new ConfigError(`${variable}=${file}: ${what}`)
  }
}
