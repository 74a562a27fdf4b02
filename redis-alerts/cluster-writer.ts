import type { Cluster } from 'ioredis'
import { StreamsError } from '../streams/errors.ts'
import type { ErasureEntry, LiveEntry } from './alert-store.ts'
import { clusterScriptsOf } from './cluster-scripts.ts'
import { accountMark } from './entry-json.ts'
import { type EntryWriter, offsetsOf } from './entry-writer.ts'
import { ALERTS_CHANNEL, actionsKey, alertKey, alertOffsetKey, CLUSTER_KEYS, countKey } from './keys.ts'
import { ALERT_LIFE_MS, COUNT_LIFE_MS } from './lives.ts'
import { PRUNED_MAX } from './scripts.ts'

type Scripts = ReturnType<typeof clusterScriptsOf>
type Digests = Readonly<Record<keyof Scripts, string>>

/** One script on the keys of one slot. */
interface Step {
  readonly script: keyof Scripts
  readonly keys: readonly string[]
  readonly args: readonly (string | number)[]
}

/**
 * Writes to a Redis Cluster, where no script reaches over two slots (ADR 0049). First every key is joined with its entries, in any
 * order; then one step lets the entries into the stream and moves the positions on. Whatever ends in between is begun again from
 * the positions, and the joins change nothing the second time.
 */
export class ClusterWriter implements EntryWriter {
  private readonly cluster: Cluster
  private readonly digests: Digests
  private begun: Promise<string> | null = null

  private constructor(cluster: Cluster, digests: Digests) {
    this.cluster = cluster
    this.digests = digests
  }

  /** Loads the scripts into every master. */
  static async open(cluster: Cluster, streamEntriesMax: number): Promise<ClusterWriter> {
    const masters = cluster.nodes('master')
    const digests = Object.entries(clusterScriptsOf(streamEntriesMax)).map(async ([name, lua]) => {
      const [digest] = await Promise.all(masters.map((master) => master.script('LOAD', lua)))
      return [name, digest]
    })
    return new ClusterWriter(cluster, Object.fromEntries(await Promise.all(digests)))
  }

  /** @throws StreamsError REDIS_MASTERS when the masters have become others since this writer began. */
  async positions(): Promise<ReadonlyMap<string, number>> {
    if ((await this.begin()) !== (await this.mastersNow())) {
      const what = 'a master of the cluster was started again or replaced; what can still be live is written again'
      throw new StreamsError('REDIS_MASTERS', 'retry', what)
    }
    return this.held()
  }

  async write(entries: readonly LiveEntry[]): Promise<void> {
    await this.begin()
    // What an account lets go of is what came before, so an erasure is a step of its own.
    let from = 0
    for (const [at, entry] of entries.entries()) {
      if (entry.kind !== 'erasure') continue
      if (at > from) await this.join(entries.slice(from, at))
      await this.erase(entry)
      from = at + 1
    }
    if (from < entries.length) await this.join(entries.slice(from))
  }

  async sweep(): Promise<void> {
    await this.begin()
    const step: Step = { script: 'sweep', keys: [CLUSTER_KEYS.accounts, CLUSTER_KEYS.expiry], args: [] }
    while (Number(await this.take(step)) === PRUNED_MAX);
  }

  lastErasure(): Promise<string | null> {
    return this.cluster.get(CLUSTER_KEYS.erasure)
  }

  private async join(entries: readonly LiveEntry[]): Promise<void> {
    const steps = keySteps(upToGap(entries, await this.held()))
    await Promise.all(steps.map((step) => this.take(step)))
    await this.take(tellStep(entries))
  }

  private async erase(entry: ErasureEntry): Promise<void> {
    const { account, source, offset } = entry
    const { accounts, expiry, stream, erasure, offsets } = CLUSTER_KEYS
    if (upToGap([entry], await this.held()).length > 0) {
      await Promise.all([
        this.cluster.del(alertKey(account), alertOffsetKey(account)),
        this.cluster.del(countKey(account)),
        this.cluster.del(actionsKey(account)),
        this.take({ script: 'leave', keys: [accounts, expiry], args: [account] }),
        this.take({ script: 'untell', keys: [stream, erasure, offsets], args: [accountMark(account), source, offset] }),
      ])
    }
    await this.take(tellStep([entry]))
  }

  /**
   * A master that was started again or taken over from may have lost keys, while the positions stand on another. So they
   * count only on the masters on which they were reached, which this resolves with.
   */
  private begin(): Promise<string> {
    this.begun ??= this.hold()
    return this.begun
  }

  private async hold(): Promise<string> {
    const masters = await this.mastersNow()
    const keys = [CLUSTER_KEYS.masters, CLUSTER_KEYS.positions]
    await this.take({ script: 'hold', keys, args: [masters] })
    return masters
  }

  private async held(): Promise<ReadonlyMap<string, number>> {
    return offsetsOf(await this.cluster.hgetall(CLUSTER_KEYS.positions))
  }

  /** The history that each master writes on; it gets a new one whenever it may have lost something. */
  private async mastersNow(): Promise<string> {
    const told = this.cluster.nodes('master').map(async (master) => {
      const replication = await master.info('replication')
      return /^master_replid:(\w+)/m.exec(replication)?.[1] ?? ''
    })
    return (await Promise.all(told)).toSorted().join(' ')
  }

  private take({ script, keys, args }: Step): Promise<unknown> {
    return this.cluster.evalsha(this.digests[script], keys.length, ...keys, ...args)
  }
}

/** The entries before one whose predecessor is missing: that one, and all behind it, must leave no trace. */
function upToGap(entries: readonly LiveEntry[], held: ReadonlyMap<string, number>): readonly LiveEntry[] {
  const last = new Map(held)
  const gap = entries.findIndex(({ source, offset, previousOffset }) => {
    const before = last.get(source) ?? -1
    last.set(source, Math.max(before, offset))
    return before < previousOffset
  })
  return gap === -1 ? entries : entries.slice(0, gap)
}

function keySteps(entries: readonly LiveEntry[]): readonly Step[] {
  const flagged: (string | number)[] = []
  const steps = entries.flatMap((entry): Step[] => {
    if (entry.kind === 'action') {
      const { account, json, field, endsMs } = entry
      return [{ script: 'action', keys: [actionsKey(account)], args: [json, field, endsMs] }]
    }
    if (entry.kind !== 'alert' || entry.account === null) return []
    const { account, json, offset, eventTimeMs, fraudCount } = entry
    const alertEndsMs = eventTimeMs + ALERT_LIFE_MS
    flagged.push(account, alertEndsMs)
    return [
      { script: 'count', keys: [countKey(account)], args: [fraudCount, eventTimeMs + COUNT_LIFE_MS] },
      { script: 'alert', keys: [alertKey(account), alertOffsetKey(account)], args: [json, alertEndsMs, offset] },
    ]
  })
  return [...steps, { script: 'accounts', keys: [CLUSTER_KEYS.accounts, CLUSTER_KEYS.expiry], args: flagged }]
}

function tellStep(entries: readonly LiveEntry[]): Step {
  const told = entries.flatMap((entry) => {
    const { source, offset, previousOffset, kind } = entry
    return [source, offset, previousOffset, kind, 'json' in entry ? entry.json : '']
  })
  const { positions, offsets, stream } = CLUSTER_KEYS
  return { script: 'tell', keys: [positions, offsets, stream], args: [ALERTS_CHANNEL, ...told] }
}
