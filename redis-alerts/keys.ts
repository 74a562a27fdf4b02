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
  /** When something was last erased, by the server's clock. */
  erasure: 'fraud:erasure',
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

/**
 * The shared keys of a cluster. What readers know keeps its name; what is written in one step with it carries that name as hash
 * tag, so that both have one slot (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/, "Hash tags").
 */
export const CLUSTER_KEYS = {
  accounts: SHARED_KEYS.accounts,
  expiry: beside(SHARED_KEYS.expiry, SHARED_KEYS.accounts),
  stream: SHARED_KEYS.stream,
  erasure: beside(SHARED_KEYS.erasure, SHARED_KEYS.stream),
  /** Source to the last offset that entered the stream. */
  offsets: beside(SHARED_KEYS.offsets, SHARED_KEYS.stream),
  /** Source to the last offset whose keys stand as well; taken away when the masters are others. */
  positions: beside('fraud:positions', SHARED_KEYS.stream),
  /** The masters on which those positions hold. */
  masters: beside('fraud:masters', SHARED_KEYS.stream),
} as const

/** The offset of the alert that stands in `alertKey(account)`, on a cluster. */
export function alertOffsetKey(account: string): string {
  return beside('fraud:alerts:offset', alertKey(account))
}

function beside(name: string, key: string): string {
  return `${name}:{${key}}`
}
