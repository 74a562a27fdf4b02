import { randomUUID } from 'node:crypto'
import { userInfo } from 'node:os'
import type { Command } from 'commander'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { AuditLog, auditSchemaId } from '../runtime/board/audit-log.ts'
import type { Session } from '../runtime/session.ts'
import { type LogOptions, withLogSession } from './log-session.ts'
import { CommandError } from './settings.ts'

/** What a person does by a command, as the audit names it: object.verb. */
export interface CommandAct {
  readonly act: string
  /** On what, by its id; never a personal value in clear. */
  readonly subject: string | null
  readonly actor: string
  readonly reason: string | null
}

/** Options of a repeat, which needs no reason. */
export interface RepeatOptions extends LogOptions {
  readonly as: string
  readonly why?: string
}

/** Adds `--why` and `--as`, which stand in the record of the act. */
export function withWhy(command: Command): Command {
  return command
    .option('--why <text>', 'why; it is kept with the record of the act')
    .option('--as <name>', 'who; it is kept with the record of the act', userInfo().username)
}

/**
 * Runs `work` with the session of the options, and records the act however it ends, as the board does with its own. An act that is
 * done and cannot be recorded fails. Whoever has the keys of the folder is an admin.
 */
export function withAuditedSession(
  options: LogOptions,
  act: CommandAct,
  work: (session: Session<Log>) => Promise<void>,
): Promise<void> {
  return withLogSession(options, async (session) => {
    const audit = new AuditLog(session.log, await auditSchemaId(session.registry))
    const record = (result: string) =>
      audit.append({ ...act, role: 'admin', result, requestId: randomUUID() }, machineTime.nowMs())
    try {
      await work(session).catch(async (error: unknown) => {
        // A log that takes no record has mostly failed at the act as well; what it failed at is told first.
        await record(error instanceof CommandError ? 'refused' : 'failed').catch(() => undefined)
        throw error
      })
      await record('done')
    } finally {
      await audit.close()
    }
  })
}
