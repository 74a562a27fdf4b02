import { type Config, readConfig } from '../../platform/config.ts'

/** Options that every command has. */
export interface CommonOptions {
  readonly data?: string
  readonly json?: boolean
}

/** The configuration, with what the command line says before what the environment says. */
export function configOf({ data }: CommonOptions, given: Readonly<Record<string, string>> = {}): Config {
  return readConfig(undefined, { ...given, ...(data !== undefined && { SLUICE_DATA: data }) })
}

/** An error that people can act on: its message is shown as it is, without a trace, and the process exits with `exitCode`. */
export class CommandError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

/** A whole number from the command line. @throws CommandError naming the option. */
export function wholeNumber(text: string, option: string, min: number, max: number = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text)
  if (Number.isInteger(value) && value >= min && value <= max) return value
  throw new CommandError(`${option} ${text}: must be a whole number from ${min} to ${max}`, 2)
}
