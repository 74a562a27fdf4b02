/**
 * What became of one input record. Exactly one for each input offset (SPEC X1); `PENDING` never outlives its batch.
 * The numbers are indexes into `DISPOSITIONS` and into the task's counters.
 */
export const PENDING = 0
export const DECIDED = 1
export const DUPLICATE = 2
export const CONFLICT = 3
export const DEAD_LETTER = 4
export const CONTROL_APPLIED = 5
export const CONTROL_IGNORED = 6
export const CONTROL_REFUSED = 7

export const DISPOSITIONS = [
  'pending',
  'decided',
  'duplicate',
  'conflict',
  'dead-letter',
  'control-applied',
  'control-ignored',
  'control-refused',
] as const

export type Disposition = (typeof DISPOSITIONS)[number]
