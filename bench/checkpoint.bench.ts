import { mkdtemp, rm, stat } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Checkpoints } from '../streams/state/checkpoint.ts'
import { CheckpointFolder } from '../streams/state/checkpoint-folder.ts'
import { DedupSection } from '../streams/state/dedup-section.ts'
import { DedupTable } from '../streams/state/dedup-table.ts'
import { RowSection } from '../streams/state/row-section.ts'
import { RowStore } from '../streams/state/row-store.ts'

/**
 * What a checkpoint costs (SPEC X4): milliseconds until it is on the disk, the longest time that it holds up the event
 * loop, and milliseconds to load it again, every byte verified and the index rebuilt. The paired naive variant is
 * JSON.stringify of as many entries.
 * Run alone: `node bench/checkpoint.bench.ts [folder]`. Exits 1 if a figure misses its bar.
 */
const WRITE_MS_BAR = 500
const SLICE_MS_BAR = 2
const LOAD_MS_BARS = new Map([
  [1, 1_000],
  [10, 10_000],
])
const LOAD_TURN_MS_BAR = 10
const SENDERS = 100_000
const SENDER_BYTES = 512
const ROUNDS = 3

const place = { topic: 'bench', partition: 0 }
const identity = { ...place, topology: 'bench', semanticsVersion: 1, stateKeyId: 'k1', createdBy: 'bench' }
let missed = false

function print(name: string, ms: number, barMs?: number): void {
  const held = barMs === undefined || ms <= barMs
  if (!held) missed = true
  const verdict = barMs === undefined ? '' : `  bar ${barMs} ms: ${held ? 'held' : 'MISSED'}`
  process.stdout.write(`${name.padEnd(56)} ${`${ms.toFixed(2)} ms`.padStart(12)}${verdict}\n`)
}

function hashWord(id: number, word: number): number {
  let x = Math.imul(id, 0x9e3779b1) + Math.imul(word + 1, 0x7f4a7c15)
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}

class State {
  readonly dedup = new DedupTable({ horizonMs: 3_600_000, maxIds: 10_000_000, setting: 'bench', place })
  readonly senders = new RowStore({
    name: 'senders',
    rowBytes: SENDER_BYTES,
    keyed: true,
    maxRows: SENDERS,
    setting: 'bench',
    place,
  })
  readonly checkpoints: Checkpoints

  constructor(folder: string) {
    const sections = [new DedupSection('dedup', this.dedup), new RowSection(this.senders)]
    this.checkpoints = new Checkpoints(new CheckpointFolder(folder), identity, sections)
  }

  remember(from: number, to: number): void {
    for (let id = from; id < to; id++) {
      this.dedup.insert(hashWord(id, 0), hashWord(id, 1), hashWord(id, 2), hashWord(id, 3), id, Math.floor(id / 9), id)
    }
  }
}

/** How often the machine took a core away from this process. */
function interruptions(): number {
  return process.resourceUsage().involuntaryContextSwitches
}

/** Runs `work`; returns its duration and the longest turn of the event loop that was not interrupted meanwhile, ms. */
async function watched(work: () => Promise<unknown>): Promise<{ ms: number; longestTurnMs: number }> {
  let longestTurnMs = 0
  let running = true
  let turnBegun = performance.now()
  let before = interruptions()
  const turn = () => {
    const turnMs = performance.now() - turnBegun
    const now = interruptions()
    if (turnMs > longestTurnMs && now === before) longestTurnMs = turnMs
    turnBegun = performance.now()
    before = now
    if (running) setImmediate(turn)
  }
  const begun = performance.now()
  setImmediate(turn)
  await work()
  running = false
  return { ms: performance.now() - begun, longestTurnMs }
}

async function writeOnce(state: State, nextOffset: number): Promise<{ ms: number; longestTurnMs: number }> {
  return await watched(async () => await state.checkpoints.begin({ nextOffset, streamTimeMs: 0 }).write())
}

/** The median round of the write by duration, and the longest turn of all rounds. */
async function measureWrite(name: string, state: State, barMs?: number): Promise<void> {
  const rounds = []
  for (let round = 0; round < ROUNDS; round++) rounds.push(await writeOnce(state, state.dedup.size + round))
  rounds.sort((a, b) => a.ms - b.ms)
  print(`${name}: written and on the disk`, rounds[Math.floor(ROUNDS / 2)]!.ms, barMs)
  print(
    `${name}: longest turn of the event loop`,
    Math.max(...rounds.map((round) => round.longestTurnMs)),
    SLICE_MS_BAR,
  )
}

async function measureLoad(name: string, folder: string, millions: number): Promise<void> {
  const state = new State(folder)
  const { ms, longestTurnMs } = await watched(() => state.checkpoints.load())
  if (state.dedup.size !== millions * 1e6) throw new Error(`loaded ${state.dedup.size} ids`)
  print(`${name}: loaded, verified and indexed`, ms, LOAD_MS_BARS.get(millions))
  print(`${name}: longest turn of the event loop`, longestTurnMs, LOAD_TURN_MS_BAR)
}

function measureNaive(ids: number): void {
  const entries = Array.from({ length: ids }, (_, id) => [`${hashWord(id, 0)}${hashWord(id, 1)}`, id] as const)
  const map = new Map(entries)
  const begun = performance.now()
  const bytes = JSON.stringify([...map]).length
  print(`naive JSON of ${ids / 1e6} million ids, ${(bytes / 1e6).toFixed(0)} MB, one turn`, performance.now() - begun)
}

process.stdout.write(`${cpus()[0]?.model}, Node ${process.version}\n`)
const folder = await mkdtemp(join(process.argv[2] ?? tmpdir(), 'sluice-bench-'))
try {
  const state = new State(folder)
  state.remember(0, 1_000_000)
  await measureWrite('1 million ids', state, WRITE_MS_BAR)
  await measureLoad('1 million ids', folder, 1)
  for (let id = 0; id < SENDERS; id++) {
    state.senders.insert(hashWord(id, 5), hashWord(id, 6), hashWord(id, 7), hashWord(id, 8))
  }
  await measureWrite(`1 million ids, ${SENDERS} rows of ${SENDER_BYTES} bytes`, state)
  state.remember(1_000_000, 10_000_000)
  const { ms, longestTurnMs } = await writeOnce(state, 10_000_000)
  print('10 million ids and the rows: written and on the disk', ms)
  print('10 million ids and the rows: longest turn', longestTurnMs, SLICE_MS_BAR)
  await measureLoad('10 million ids and the rows', folder, 10)
  const [newest] = await new CheckpointFolder(folder).list(place.topic, place.partition)
  const bytes = (await stat(join(folder, newest!.name))).size
  process.stdout.write(`a checkpoint of 10 million ids and the rows: ${(bytes / 1e6).toFixed(0)} MB\n`)
  measureNaive(1_000_000)
} finally {
  await rm(folder, { recursive: true })
}
process.exitCode = missed ? 1 : 0
