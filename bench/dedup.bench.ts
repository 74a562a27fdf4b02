import { DedupTable } from '../streams/state/dedup-table.ts'
import { type Measured, Report, reportRuns, sendMeasured, size } from './harness.ts'

/**
 * What remembering an id costs: bytes, nanoseconds, and the longest step of growth (SPEC D3). Ids come as uniform
 * hashes in random order; the paired naive variant is a Map from a hexadecimal string to an object.
 */
const HOUR_MS = 3_600_000
/** At ten million ids: a small table still has room that it was made with. */
const BYTES_BAR = 32
const STEP_MS_BAR = 5
const STEP_INSERTS = 64
const LOOKUPS = 1_000_000
const IDS_PER_MS = 10

const start = 1_767_225_600_000
const measured: Measured[] = []
const FEW = size(1_000_000, 50_000)
const MANY = size(10_000_000, 200_000)

/** Word `word` of the hash of id `id`: MurmurHash3's finisher, a bijection for each word. */
function hashWord(id: number, word: number): number {
  let x = Math.imul(id, 0x9e3779b1) + Math.imul(word + 1, 0x7f4a7c15)
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}

function note(name: string, unit: string, value: number): void {
  measured.push({ name, unit, value })
}

/** How often the machine took a core away from this process. */
function interruptions(): number {
  return process.resourceUsage().involuntaryContextSwitches
}

/** Inserts the ids [from, to) and returns the longest run of STEP_INSERTS that was not interrupted, ms. */
function insertIds(table: DedupTable, from: number, to: number): number {
  let longestMs = 0
  for (let id = from; id < to; ) {
    const before = interruptions()
    const begun = performance.now()
    for (const end = Math.min(to, id + STEP_INSERTS); id < end; id++) {
      const timeMs = start + Math.floor(id / IDS_PER_MS)
      table.insert(hashWord(id, 0), hashWord(id, 1), hashWord(id, 2), hashWord(id, 3), id, timeMs, id)
    }
    const stepMs = performance.now() - begun
    if (stepMs > longestMs && interruptions() === before) longestMs = stepMs
  }
  return longestMs
}

/** Nanoseconds a lookup of random ids of [from, from + range), all of which are (or are not) in the table. */
function lookupIds(table: DedupTable, from: number, range: number, found: boolean): number {
  const nowMs = start + Math.floor(range / IDS_PER_MS)
  const begun = performance.now()
  for (let i = 0; i < LOOKUPS; i++) {
    const id = from + ((hashWord(i, 4) >>> 0) % range)
    const row = table.lookup(hashWord(id, 0), hashWord(id, 1), hashWord(id, 2), hashWord(id, 3), nowMs)
    if (row >= 0 !== found) throw new Error(`id ${id} is ${found ? 'not found' : 'found'}`)
  }
  return ((performance.now() - begun) / LOOKUPS) * 1e6
}

function measure(table: DedupTable, from: number, to: number, name: string): void {
  const begun = performance.now()
  const longestMs = insertIds(table, from, to)
  const insertNs = ((performance.now() - begun) / (to - from)) * 1e6
  note(`dedup, ${name}: bytes an id`, 'B', table.bytesUsed / table.size)
  note(`dedup, ${name}: insert, growth included`, 'ns', insertNs)
  note(`dedup, ${name}: longest ${STEP_INSERTS} inserts on the way`, 'ms', longestMs)
  note(`dedup, ${name}: lookup of a known id`, 'ns', lookupIds(table, 0, to, true))
  note(`dedup, ${name}: lookup of a new id`, 'ns', lookupIds(table, to, to, false))
}

/** Once the table has its size, ids come and go. */
function measureSteady(table: DedupTable, from: number, to: number): void {
  const begun = performance.now()
  for (let id = from; id < to; id++) {
    const timeMs = start + HOUR_MS + Math.floor(id / IDS_PER_MS)
    table.insert(hashWord(id, 0), hashWord(id, 1), hashWord(id, 2), hashWord(id, 3), id, timeMs, id)
    if (id % 4_096 === 0) table.expire(start + HOUR_MS + Math.floor((id - from) / IDS_PER_MS))
  }
  const steadyNs = ((performance.now() - begun) / (to - from)) * 1e6
  note('dedup, steady: insert and the expiry of another', 'ns', steadyNs)
}

function measureNaive(ids: number): void {
  const before = process.memoryUsage().heapUsed
  const seen = new Map<string, { timeMs: number; offset: number; fingerprint: number }>()
  const begun = performance.now()
  for (let id = 0; id < ids; id++) {
    const hex = [0, 1, 2, 3].map((word) => (hashWord(id, word) >>> 0).toString(16)).join('')
    seen.set(hex, { timeMs: start + id, offset: id, fingerprint: id })
  }
  const insertNs = ((performance.now() - begun) / ids) * 1e6
  const bytes = (process.memoryUsage().heapUsed - before) / seen.size
  note('naive Map of objects, half a million ids: bytes an id', 'B', bytes)
  note('naive Map of objects, half a million ids: insert', 'ns', insertNs)
}

function run(): void {
  const table = new DedupTable({ horizonMs: HOUR_MS, maxIds: 12_000_000, setting: 'bench', place: {} })
  measure(table, 0, FEW, '1 million ids')
  measure(table, FEW, MANY, '10 million ids')
  measureSteady(table, MANY, MANY + 2 * FEW)
  measureNaive(500_000)
  sendMeasured(measured)
}

async function main(): Promise<void> {
  const report = new Report('dedup', 'Remembering ids: bytes, time, and the longest step of growth')
  const bytes = { atMost: BYTES_BAR }
  const step = { atMost: STEP_MS_BAR }
  await reportRuns(report, 'dedup.bench.ts', {
    'dedup, 10 million ids: bytes an id': bytes,
    [`dedup, 1 million ids: longest ${STEP_INSERTS} inserts on the way`]: step,
    [`dedup, 10 million ids: longest ${STEP_INSERTS} inserts on the way`]: step,
  })
  report.finish()
}

if (process.argv[2] === 'run') run()
else await main()
