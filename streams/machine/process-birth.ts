import { readFileSync } from 'node:fs'

/** A process that lived at one time under one id: ids are used again, births are not. */
export interface ProcessIdentity {
  readonly pid: number
  /** Boot and start time where the system tells them, else empty: then the id alone stands for the process. */
  readonly birth: string
}

export function currentProcess(): ProcessIdentity {
  return { pid: process.pid, birth: birthOf(process.pid) ?? '' }
}

/** True while exactly that process runs. A killed process that nobody has reaped yet runs no more. */
export function isAlive({ pid, birth }: ProcessIdentity): boolean {
  return birthOf(pid) === birth
}

/** The birth of the process with this id, or null when none runs. */
function birthOf(pid: number): string | null {
  if (process.platform !== 'linux') return answersSignals(pid) ? '' : null
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The command's name may hold spaces and brackets; the fields behind its last bracket are plain (see proc(5)).
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state] = fields
    const startTicks = fields[19]
    if (state === 'Z' || state === 'X' || startTicks === undefined) return null
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()}/${startTicks}`
  } catch {
    return null // No such process: its folder is gone.
  }
}

function answersSignals(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // It runs, and belongs to somebody else.
  }
}
