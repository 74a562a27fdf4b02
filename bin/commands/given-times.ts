import { z } from 'zod'
import { CommandError } from './settings.ts'

const DAY_MS = 86_400_000
/** Both know the calendar. `Date.parse` alone takes `week 3` for a day of 2001, and a time without a zone for one of this machine's. */
const Day = z.iso.date()
const Time = z.union([z.iso.datetime({ offset: true }), z.iso.datetime({ offset: true, precision: -1 })])
/** What is taken for a time to come. */
export const TIME_FORM = 'a day in UTC or a time with its zone, in ISO 8601'

/** A time to come: a day, which begins in UTC, or a time with its zone. @throws CommandError naming the option */
export function timeToCome(text: string, option: string, nowMs: number): number {
  const day = new Date(nowMs + DAY_MS).toISOString().slice(0, 'YYYY-MM-DD'.length)
  const accepted = `${TIME_FORM}, such as ${day} or ${day}T09:30:00+01:00`
  if (!Day.safeParse(text).success && !Time.safeParse(text).success)
    throw new CommandError(`${option} ${text}: must be ${accepted}`, 2)
  const ms = Date.parse(text)
  if (ms <= nowMs) throw new CommandError(`${option} ${text}: is over; give ${accepted}`, 2)
  return ms
}

/** A day as it is written, `YYYY-MM-DD`. @throws CommandError naming the option */
export function dayOf(text: string, option: string): string {
  if (Day.safeParse(text).success) return text
  throw new CommandError(`${option} ${text}: must be a day, such as 2026-11-24`, 2)
}
