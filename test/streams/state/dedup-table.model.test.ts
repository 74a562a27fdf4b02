import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Checkpoints } from '../../../streams/state/checkpoint.ts'
import { DedupSection } from '../../../streams/state/dedup-section.ts'
import type { DedupTable } from '../../../streams/state/dedup-table.ts'
import { collidingHashOf, dedupTable, HOUR_MS, hashOf, IDENTITY, MemoryCheckpoints } from './support.ts'

// Goal: the table answers as a Map does that forgets nothing, whatever is dropped, merged, swept or reloaded in between.
// Method: random steps on both; after each of them every id is asked for.

const IDS = 24

interface Sight {
  readonly timeMs: number
  readonly offset: number
  readonly fingerprint: number
}

/** The state that a drop must bring back. */
interface ModelState {
  readonly sights: ReadonlyMap<number, Sight>
  readonly streamTimeMs: number
  readonly offset: number
}

const step = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('sight' as const),
      id: fc.nat(IDS - 1),
      aheadMs: fc.constantFrom(0, 1, 40, 65_535, 65_536, HOUR_MS - 1, HOUR_MS, HOUR_MS + 1, 40 * 365 * 24 * HOUR_MS),
      gap: fc.constantFrom(1, 2, 65_535, 65_536),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('open', 'merge', 'drop') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('burst' as const), count: fc.integer({ min: 1, max: 150 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('expire' as const), rowsMax: fc.constantFrom(0, 1, 64, 1_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reload' as const) }) },
)

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class Pair {
  readonly #hash: (id: number) => readonly [number, number, number, number]
  table: DedupTable = dedupTable()
  #state: ModelState = { sights: new Map(), streamTimeMs: -1, offset: 0 }
  readonly #before: ModelState[] = []
  #burstId = 1_000

  constructor(hash: typeof hashOf) {
    this.#hash = hash
  }

  async apply(step: Step): Promise<void> {
    if (step.kind === 'sight' && 'id' in step) this.#sight(step.id, step.aheadMs, step.gap)
    if (step.kind === 'burst' && 'count' in step) {
      for (let left = step.count; left > 0; left--) this.#sight(this.#burstId++, 1, 1)
    }
    if (step.kind === 'expire' && 'rowsMax' in step) {
      this.table.expire((this.#before[0] ?? this.#state).streamTimeMs, step.rowsMax)
    }
    if (step.kind === 'open' && this.#before.length < 3) {
      this.table.openOverlay()
      this.#before.push(this.#state)
    }
    if (step.kind === 'merge' && this.#before.shift() !== undefined) this.table.mergeOldest()
    if (step.kind === 'drop') {
      const before = this.#before.pop()
      if (before !== undefined) this.table.dropYoungest()
      this.#state = before ?? this.#state
    }
    if (step.kind === 'reload' && this.#before.length === 0) await this.#reload()
  }

  #sight(id: number, aheadMs: number, gap: number): void {
    const { sights, streamTimeMs, offset } = this.#state
    const hash = this.#hash(id)
    const known = this.table.lookup(...hash, streamTimeMs)
    expect(known >= 0).toBe(this.#live(id) !== undefined)
    if (known >= 0) return
    const sight = { timeMs: streamTimeMs + aheadMs, offset: offset + gap, fingerprint: Math.imul(id, offset) }
    this.table.insert(...hash, sight.fingerprint, sight.timeMs, sight.offset)
    this.#state = { sights: new Map(sights).set(id, sight), streamTimeMs: sight.timeMs, offset: sight.offset }
  }

  #live(id: number): Sight | undefined {
    const sight = this.#state.sights.get(id)
    return sight !== undefined && this.#state.streamTimeMs - sight.timeMs <= HOUR_MS ? sight : undefined
  }

  async #reload(): Promise<void> {
    const files = new MemoryCheckpoints()
    const { streamTimeMs, offset } = this.#state
    const checkpoints = (table: DedupTable) => new Checkpoints(files, IDENTITY, [new DedupSection('dedup', table)])
    await checkpoints(this.table).begin({ nextOffset: offset, streamTimeMs }).write()
    const reloaded = dedupTable()
    expect(await checkpoints(reloaded).load()).toMatchObject({
      header: { nextOffset: offset, streamTimeMs },
      refused: [],
    })
    expect(reloaded.size).toBe(this.table.size)
    expect(reloaded.digest(streamTimeMs)).toBe(this.table.digest(streamTimeMs))
    this.table = reloaded
  }

  check(): void {
    for (let id = 0; id < IDS; id++) {
      const live = this.#live(id)
      const row = this.table.lookup(...this.#hash(id), this.#state.streamTimeMs)
      expect(row >= 0).toBe(live !== undefined)
      if (live === undefined) continue
      expect(this.table.seenStreamTimeMs(row)).toBe(live.timeMs)
      expect(this.table.offset(row)).toBe(live.offset)
      expect(this.table.fingerprint(row)).toBe(live.fingerprint)
    }
    const liveIds = [...this.#state.sights.keys()].filter((id) => this.#live(id) !== undefined).length
    expect(this.table.size).toBeGreaterThanOrEqual(liveIds)
  }
}

test.each([
  { why: 'uniform hashes', hash: hashOf },
  { why: 'hashes that collide in all that the index keeps', hash: collidingHashOf },
])(
  'SPEC D4: answers as a Map that forgets nothing, over drops, merges, sweeps and reloads ($why)',
  async ({ hash }) => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 80 }), async (steps) => {
        const pair = new Pair(hash as typeof hashOf)
        for (const one of steps) {
          await pair.apply(one)
          pair.check()
        }
      }),
      { numRuns: 120 },
    )
  },
)
