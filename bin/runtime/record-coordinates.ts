import { PARTITIONS } from './session.ts'

/** A record of the input, which is also how its decision is named. */
export interface Coordinates {
  readonly partition: number
  readonly offset: number
}

/**
 * What `<partition>-<offset>` names, or null when it is not written as we write it, or there is no such partition. A transaction id may
 * look the same (SPEC R1), so whoever takes both must look for both.
 */
export function coordinatesOf(id: string): Coordinates | null {
  const match = /^(0|[1-9]\d{0,3})-(0|[1-9]\d{0,15})$/.exec(id)
  if (match === null) return null
  const partition = Number(match[1])
  const offset = Number(match[2])
  return partition < PARTITIONS && Number.isSafeInteger(offset) ? { partition, offset } : null
}
