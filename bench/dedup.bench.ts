import { cpus } from 'node:os'
import { DedupTable } from '../streams/state/dedup-table.ts'

/**
 * What remembering an id costs: bytes, nanoseconds, and the longest step of growth (SPEC D3). Ids come as uniform
 * hashes in random order; the paired naive variant is a Map from a hexadecimal string to an object.
 * Run alone: `node bench/dedup.bench.ts`. Exits 1 if a figure misses its bar.
 */
const HOUR_MS = 3_600_000
const BYTES_BAR = 32
const STEP_MS_BAR = 5
const STEP_INSERTS = 64
const LOOKUPS = 1_000_000
const IDS_PER_MS = 10

const start = 1_767_225_600_000
let missed = false

/** Word `word` of the hash of id `id`: MurmurHash3's finisher, a bijection for each word. */
function hashWord(id: number, word: number): number {
  let x = Math.imul(id, 0x9e3779b1) + Math.imul(word + 1, 0x7f4a7c15)
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}

function print(name: string, figure: string, bar?: { readonly text: string; readonly held: boolean }): void {
  if (bar !== undefined && !bar.held) missed = true
  const verdict = bar === undefined ? '' : `  bar ${bar.text}: ${bar.held ? 'held' : 'MISSED'}`
  process.stdout.write(`${name.padEnd(44)} ${figure.padStart(14)}${verdict}\n`)
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

function measure(table: DedupTable, from: number, to: number): void {
  const begun = performance.now()
  const longestMs = insertIds(table, from, to)
  const insertNs = ((performance.now() - begun) / (to - from)) * 1e6
  const millions = `${to / 1e6} million ids`
  const bytes = table.bytesUsed / table.size
  print(`${millions}: bytes an id`, bytes.toFixed(2), { text: `${BYTES_BAR}`, held: bytes <= BYTES_BAR })
  print(`${millions}: insert, growth included`, `${insertNs.toFixed(0)} ns`)
  print(`${millions}: longest ${STEP_INSERTS} inserts on the way`, `${longestMs.toFixed(2)} ms`, {
    text: `${STEP_MS_BAR} ms`,
    held: longestMs <= STEP_MS_BAR,
  })
  print(`${millions}: lookup of a known id`, `${lookupIds(table, 0, to, true).toFixed(0)} ns`)
  print(`${millions}: lookup of a new id`, `${lookupIds(table, to, to, false).toFixed(0)} ns`)
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
  print('steady: insert and the expiry of another', `${steadyNs.toFixed(0)} ns`)
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
  print(`naive Map, ${ids / 1e6} million ids: bytes an id`, `about ${bytes.toFixed(0)}`)
  print(`naive Map, ${ids / 1e6} million ids: insert`, `${insertNs.toFixed(0)} ns`)
}

process.stdout.write(`${cpus()[0]?.model}, Node ${process.version}\n`)
const table = new DedupTable({ horizonMs: HOUR_MS, maxIds: 12_000_000, setting: 'bench', place: {} })
measure(table, 0, 1_000_000)
measure(table, 1_000_000, 10_000_000)
measureSteady(table, 10_000_000, 12_000_000)
measureNaive(500_000)
process.exitCode = missed ? 1 : 0
