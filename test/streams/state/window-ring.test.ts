import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RowChunk } from '../../../streams/state/row-chunk.ts'
import type { SectionSnapshot } from '../../../streams/state/section.ts'
import { StateDigest } from '../../../streams/state/state-digest.ts'
import { CHUNK_ENTRIES, WindowRing } from '../../../streams/state/window-ring.ts'
import { WindowRingSection } from '../../../streams/state/window-ring-section.ts'
import { NO_ENTRY } from '../../../streams/state/window-store.ts'
import { PLACE } from './support.ts'

// Goal: a window is a list ordered by event time, newest first, the later arrival first among equals; what has left the
// ring is in no window; a drop brings back what stood when the overlay was opened.
// Method: sorted arrays are the model; times come from few values so that ties and disorder are common.

const HELD_MS = 20

function windowRing(maxEntries = 1_000): WindowRing {
  const fields = { doubles: 1, ints: 1, idBytesMax: 64 }
  return new WindowRing({ name: 'w', heldMs: HELD_MS, ...fields, maxEntries, setting: 'windows.max', place: PLACE })
}

interface Entry {
  readonly timeMs: number
  readonly serial: number
  readonly flags: number
}

function add(ring: WindowRing, owner: number, head: number, { timeMs, serial, flags }: Entry): number {
  const entry = ring.insert(owner, head, timeMs)
  ring.setDouble(entry, 0, serial / 7)
  ring.setInt(entry, 0, -serial)
  const id = new TextEncoder().encode(`.id-${serial}`)
  ring.setId(entry, id, 1, id.length - 1)
  ring.setFlags(entry, flags)
  return ring.headAfter(head, entry)
}

function entries(ring: WindowRing, head: number): Entry[] {
  const found: Entry[] = []
  for (let entry = head; entry !== NO_ENTRY; entry = ring.older(entry)) {
    const serial = -ring.int(entry, 0)
    const from = ring.idStart(entry)
    const id = String.fromCharCode(...ring.idSource(entry).subarray(from, from + ring.idLength(entry)))
    if (ring.double(entry, 0) !== serial / 7 || id !== `id-${serial}`) throw new Error(`entry ${serial} became ${id}`)
    found.push({ timeMs: ring.timeMs(entry), serial, flags: ring.flags(entry) })
  }
  return found
}

function digestOf(ring: WindowRing, head: number, streamTimeMs: number): string {
  const digest = new StateDigest()
  ring.describe(head, streamTimeMs, digest)
  return digest.hex()
}

function readAll(snapshot: SectionSnapshot): Buffer {
  const slices: Buffer[] = []
  for (let slice = snapshot.next(); slice !== null; slice = snapshot.next()) slices.push(Buffer.from(slice))
  snapshot.release()
  expect(Buffer.concat(slices).length).toBe(snapshot.byteLength)
  return Buffer.concat(slices)
}

async function reloaded(bytes: Buffer): Promise<WindowRing> {
  const fresh = windowRing()
  let at = 0
  const read = (target: Uint8Array) => {
    target.set(bytes.subarray(at, at + target.length))
    at += target.length
    return Promise.resolve()
  }
  await new WindowRingSection(fresh).restore({ byteLength: bytes.length, read })
  expect(at).toBe(bytes.length)
  return fresh
}

const OWNERS = 3
const step = fc.record({
  kind: fc.constantFrom('add', 'add', 'add', 'add', 'flag', 'open', 'open', 'merge', 'drop', 'expire', 'reload'),
  owner: fc.nat(OWNERS - 1),
  lagMs: fc.nat(6),
  stepMs: fc.nat(4),
})

test('window ring: windows are what sorted arrays are, over expiry, drops and reloads', async () => {
  let expired = 0
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 150, size: 'max' }), async (steps) => {
      let ring = windowRing()
      let state = { heads: new Array<number>(OWNERS).fill(NO_ENTRY), models: [[], [], []] as Entry[][], streamMs: 0 }
      const before: (typeof state)[] = []
      let serial = 0
      for (const { kind, owner, lagMs, stepMs } of steps) {
        const [heads, models] = [[...state.heads], [...state.models]]
        const head = ring.headOf(owner, heads[owner]!)
        if (kind === 'add') {
          const streamMs = state.streamMs + stepMs
          const entry = { timeMs: streamMs - lagMs, serial: ++serial, flags: serial & 1 }
          heads[owner] = add(ring, owner, head, entry)
          models[owner] = [entry, ...models[owner]!].sort((a, b) => b.timeMs - a.timeMs)
          state = { heads, models, streamMs }
        } else if (kind === 'flag' && head !== NO_ENTRY) {
          ring.setFlags(head, lagMs)
          models[owner] = models[owner]!.map((entry, i) => (i === 0 ? { ...entry, flags: lagMs } : entry))
          state = { ...state, models }
        } else if (kind === 'open' && before.length < 3) {
          ring.openOverlay()
          before.push(state)
        } else if (kind === 'merge' && before.shift() !== undefined) {
          ring.mergeOldest()
        } else if (kind === 'drop' && before.length > 0) {
          ring.dropYoungest()
          state = before.pop()!
        } else if (kind === 'expire') {
          const size = ring.size
          ring.expire((before[0] ?? state).streamMs)
          expired += size - ring.size
        } else if (kind === 'reload' && before.length === 0) {
          ring = await reloaded(readAll(new WindowRingSection(ring).snapshot()))
        }
        const held = (entry: Entry) => entry.timeMs >= state.streamMs - HELD_MS
        const found = state.heads.map((kept, each) => entries(ring, ring.headOf(each, kept)).filter(held))
        expect(JSON.stringify(found)).toBe(JSON.stringify(state.models.map((model) => model.filter(held))))
      }
    }),
    { numRuns: 150 },
  )
  expect(expired).toBeGreaterThan(100)
})

test('window ring: a head whose place was taken by another owner, or by nobody, is none', () => {
  const ring = windowRing()
  const old = add(ring, 1, NO_ENTRY, { timeMs: 0, serial: 1, flags: 0 })
  expect(ring.headOf(1, old)).toBe(old)
  expect(ring.headOf(2, old)).toBe(NO_ENTRY)
  ring.expire(HELD_MS)
  expect(ring.headOf(1, old)).toBe(old)
  ring.expire(HELD_MS + 1)
  expect(ring.headOf(1, old)).toBe(NO_ENTRY)
  const next = add(ring, 1, NO_ENTRY, { timeMs: 50, serial: 2, flags: 0 })
  expect(ring.older(next)).toBe(NO_ENTRY)
})

test('window ring: what an open overlay added is never expired, since a drop would take another entry', () => {
  const ring = windowRing()
  ring.openOverlay()
  add(ring, 1, NO_ENTRY, { timeMs: 0, serial: 1, flags: 0 })
  ring.expire(1_000)
  expect(ring.size).toBe(1)
  ring.dropYoungest()
  expect(ring.size).toBe(0)
})

test('window ring: at its bound it names the setting, and what stream time has passed makes room', () => {
  const ring = windowRing(2)
  for (const serial of [1, 2]) add(ring, serial, NO_ENTRY, { timeMs: 0, serial, flags: 0 })
  expect(() => ring.insert(3, NO_ENTRY, 0)).toThrow('windows.max = 2')
  expect(ring.filled).toBe(1)
  ring.expire(HELD_MS + 1)
  ring.insert(3, NO_ENTRY, HELD_MS)
  expect(ring.size).toBe(1)
})

test('window ring: an id of the full length fits, one byte more is refused', () => {
  const ring = windowRing()
  const entry = ring.insert(1, NO_ENTRY, 0)
  ring.setId(entry, new Uint8Array(64).fill(65), 0, 64)
  expect(ring.idLength(entry)).toBe(64)
  expect(() => ring.setId(entry, new Uint8Array(65), 0, 65)).toThrow('an id of 65 bytes; 64 fit')
})

test('window ring: memory stays flat while entries come and go', () => {
  const ring = windowRing(3 * CHUNK_ENTRIES)
  let most = 0
  for (let i = 0; i < 40 * CHUNK_ENTRIES; i++) {
    add(ring, i, NO_ENTRY, { timeMs: i, serial: i, flags: 0 })
    ring.expire(i)
    if (i > CHUNK_ENTRIES * 4) most = Math.max(most, ring.bytesUsed)
  }
  expect(ring.size).toBe(HELD_MS + 1)
  expect(most).toBe(2 * CHUNK_ENTRIES * ring.entryWords * 4)
})

/** Counts the chunks that it makes. */
class CountedRing extends WindowRing {
  made = 0

  override newChunk(): RowChunk {
    this.made++
    return super.newChunk()
  }
}

test('window ring: memory that entries leave while a snapshot is taken is used again, of a slow one a bounded part', () => {
  const ring = new CountedRing(windowRing(20 * CHUNK_ENTRIES).options)
  const chunkBytes = CHUNK_ENTRIES * ring.entryWords * 4
  let now = 0
  const rotatePinned = (chunks: number) => {
    ring.pin({ beforeWrite: () => {} })
    for (let i = 0; i < chunks * CHUNK_ENTRIES; i++, now++) {
      add(ring, now, NO_ENTRY, { timeMs: now, serial: now, flags: 0 })
      ring.expire(now)
    }
    const bytesUsed = ring.bytesUsed
    ring.unpin()
    return bytesUsed
  }
  rotatePinned(4)
  rotatePinned(4)
  const { made } = ring
  for (let round = 0; round < 10; round++) rotatePinned(4)
  expect(ring.made).toBe(made)

  expect(rotatePinned(40)).toBeLessThanOrEqual((2 + 8) * chunkBytes)
  expect(ring.made).toBeGreaterThan(made + 20)
  expect(ring.bytesUsed).toBeLessThanOrEqual((2 + 8) * chunkBytes)
})

test('SPEC X4: a snapshot of windows stands while entries are flagged, added and expired', async () => {
  const ring = windowRing(5 * CHUNK_ENTRIES)
  const count = CHUNK_ENTRIES + 10
  let head = NO_ENTRY
  for (let serial = 1; serial <= count; serial++) head = add(ring, 1, head, { timeMs: 5, serial, flags: 0 })
  const expected = digestOf(ring, head, 5)
  const snapshot = new WindowRingSection(ring).snapshot()
  ring.setFlags(head, 4)
  expect(digestOf(ring, head, 5)).not.toBe(expected)
  const last = add(ring, 1, head, { timeMs: 6, serial: count + 1, flags: 0 })
  ring.expire(1_000)
  expect(ring.headOf(1, last)).toBe(NO_ENTRY)
  for (let serial = 1; serial <= 2 * CHUNK_ENTRIES; serial++) add(ring, 2, NO_ENTRY, { timeMs: 999, serial, flags: 1 })
  const loaded = await reloaded(readAll(snapshot))
  expect(loaded.size).toBe(count)
  expect(digestOf(loaded, loaded.headOf(1, head), 5)).toBe(expected)
})

test('SPEC X4: a slice on its way to the disk stands while an entry in it is flagged, and so does the next snapshot', async () => {
  const ring = windowRing(5 * CHUNK_ENTRIES)
  const section = new WindowRingSection(ring)
  let head = NO_ENTRY
  for (let serial = 1; serial <= 2 * CHUNK_ENTRIES; serial++) {
    head = add(ring, 1, head, { timeMs: 5, serial, flags: 0 })
  }
  for (let round = 1; round <= 3; round++) {
    const expected = digestOf(ring, head, 5)
    const snapshot = section.snapshot()
    const slices: Buffer[] = []
    for (let slice = snapshot.next(); slice !== null; slice = snapshot.next()) {
      // While the head is given out, an entry of the second chunk, which is still to come; then one of the first, which is on its way.
      const entry = slices.length === 0 ? CHUNK_ENTRIES + 7 : 7
      ring.setFlags(entry, ring.flags(entry) + 1)
      slices.push(Buffer.from(slice))
    }
    snapshot.release()
    expect(digestOf(ring, head, 5)).not.toBe(expected)
    const loaded = await reloaded(Buffer.concat(slices))
    expect(digestOf(loaded, loaded.headOf(1, head), 5)).toBe(expected)
  }
})

test('SPEC X2: an overlay that wiped an entry is taken back though an earlier commit has let the entry go with its chunk', () => {
  const ring = windowRing(2 * CHUNK_ENTRIES)
  ring.openOverlay()
  let head = NO_ENTRY
  for (let serial = 1; serial <= CHUNK_ENTRIES; serial++) {
    const own = serial === 5
    const added = add(ring, own ? 7 : 100 + serial, NO_ENTRY, { timeMs: 0, serial, flags: 0 })
    if (own) head = added
  }
  ring.mergeOldest()
  // On its way: stream time moves past all of them.
  ring.openOverlay()
  const later = add(ring, 8, NO_ENTRY, { timeMs: HELD_MS + 1, serial: 6, flags: 0 })
  ring.openOverlay()
  for (let entry = ring.headOf(7, head); entry !== NO_ENTRY; entry = ring.older(entry)) ring.clearId(entry)
  ring.mergeOldest()
  ring.expire(HELD_MS + 1)
  expect(ring.headOf(7, head)).toBe(NO_ENTRY)
  ring.dropYoungest()
  expect(entries(ring, later)).toEqual([{ timeMs: HELD_MS + 1, serial: 6, flags: 0 }])
})
