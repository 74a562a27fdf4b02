/** The names that readers know (SPEC A1). They are the seed's to the letter. */
export const ALERTS_CHANNEL = 'fraud:alerts'

/** Keys that all accounts share. */
export const SHARED_KEYS = {
  accounts: 'fraud:alerts:accounts',
  /** Account to the ms at which it leaves the set: a set's members cannot expire. */
  expiry: 'fraud:alerts:accounts:expiry',
  stream: 'fraud:stream',
  /** Source to its last offset. */
  offsets: 'fraud:offsets',
} as const

export function alertKey(account: string): string {
  return `fraud:alerts:sender:${account}`
}

export function countKey(account: string): string {
  return `fraud:count:sender:${account}`
}

export function actionsKey(account: string): string {
  return `fraud:actions:${account}`
}
