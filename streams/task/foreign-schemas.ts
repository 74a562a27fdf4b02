import type { ErrorPlace } from '../errors.ts'
import type { AnyRecordType } from '../topology.ts'
import { RunPool } from './run-pool.ts'
import type { AskSchemaVersion, SchemaVersion } from './schema-version.ts'

/** Ids that are remembered; the one that was learnt first is forgotten for one more, and asked for again when it comes back. */
const SCHEMA_IDS_MAX = 256

/**
 * The schema ids of other versions than the topology's own, shared by the tasks of a thread: each is asked for once. Nothing is
 * asked for while a batch is processed: the pass ends before the record, and its task waits.
 */
export class ForeignSchemas<S> {
  private readonly types: readonly AnyRecordType<S>[]
  private readonly ask: AskSchemaVersion | null
  private readonly pools = new Map<number, RunPool<S> | null>()
  private readonly asking = new Map<number, Promise<void>>()

  /** Without `ask` every id is poison. */
  constructor(types: readonly AnyRecordType<S>[], ask: AskSchemaVersion | null) {
    this.types = types
    this.ask = ask
  }

  /** Ids that are remembered now. */
  get size(): number {
    return this.pools.size
  }

  /** The runs of an id; null when its records are poison, undefined when it must be learnt first. */
  find(schemaId: number): RunPool<S> | null | undefined {
    // No registry gives an id below 1.
    return this.ask === null || schemaId < 1 ? null : this.pools.get(schemaId)
  }

  /**
   * Asks for an id that a record at `place` has, once for all who wait for it. Rejects as `AskSchemaVersion` does; then another
   * call asks again.
   */
  learn(schemaId: number, place: ErrorPlace): Promise<void> {
    const underWay = this.asking.get(schemaId)
    if (underWay !== undefined || this.ask === null) return underWay ?? Promise.resolve()
    const answer = this.ask(schemaId, place)
      .then((version) => this.remember(schemaId, version))
      .finally(() => this.asking.delete(schemaId))
    this.asking.set(schemaId, answer)
    return answer
  }

  private remember(schemaId: number, version: SchemaVersion | null): void {
    const [oldest] = this.pools.keys()
    if (oldest !== undefined && this.pools.size >= SCHEMA_IDS_MAX) this.pools.delete(oldest)
    this.pools.set(schemaId, version === null ? null : this.runsOf(schemaId, version))
  }

  /** A record type of its own, so that a decision names the id that its payment came with. */
  private runsOf(schemaId: number, { readAs, rewrite }: SchemaVersion): RunPool<S> {
    const type = this.types.find((one) => one.schemaId === readAs)
    if (type === undefined) throw new RangeError(`no record type has schema id ${readAs}`)
    return new RunPool({ ...type, schemaId }, rewrite)
  }
}
