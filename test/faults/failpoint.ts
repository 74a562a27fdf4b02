import { tell } from './tell.ts'

/** The steps of a commit (SPEC X2) that a worker can be killed at, in their order. */
export const COMMIT_STEPS = [
  'fetched',
  'overlay-open',
  'overlay-full',
  'sealed',
  'begun',
  'appended',
  'offset-sent',
  'end-sent',
  'end-unanswered',
  'acknowledged',
] as const

/** The steps of a checkpoint. */
export const CHECKPOINT_STEPS = ['snapshot-begun', 'half-written', 'before-rename', 'before-directory-sync'] as const

/** The steps of a restore. */
export const RESTORE_STEPS = ['checkpoint-read', 'folding'] as const

export type Step = (typeof COMMIT_STEPS)[number] | (typeof CHECKPOINT_STEPS)[number] | (typeof RESTORE_STEPS)[number]

/** Where a process ends itself with kill -9: when the step is reached for the `nth` time, counted from 1. */
export interface Fault {
  readonly step: Step
  readonly nth: number
}

/** Counts the steps of a process and kills it at the one that was asked for. */
export class Failpoint {
  private readonly fault: Fault | null
  private reachedTimes = 0

  constructor(fault: Fault | null) {
    this.fault = fault
  }

  /** True when the process dies at this step sooner or later. */
  is(step: Step): boolean {
    return this.fault?.step === step
  }

  reached(step: Step): void {
    if (this.fault?.step !== step || ++this.reachedTimes < this.fault.nth) return
    tell({ kind: 'fired', step })
    process.kill(process.pid, 'SIGKILL')
  }
}
