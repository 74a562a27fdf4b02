import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Checkpoints } from '../streams/state/checkpoint.ts'
import { CheckpointFolder } from '../streams/state/checkpoint-folder.ts'
import { DedupSection } from '../streams/state/dedup-section.ts'
import { DedupTable } from '../streams/state/dedup-table.ts'
import { RowSection } from '../streams/state/row-section.ts'
import { RowStore } from '../streams/state/row-store.ts'
import { type Measured, Report, reportRuns, sendMeasured, size } from './harness.ts'

/**
 * What a checkpoint costs (SPEC X4): milliseconds until it is on the disk, the longest time that it holds up the event
 * loop, and milliseconds to load it again, every byte verified and the index rebuilt. The paired naive variant is
 * JSON.stringify of as many entries.
 */
const WRITE_MS_BAR = 500
const SLICE_MS_BAR = 2
const LOAD_TURN_MS_BAR = 10
const SENDERS = 100_000
const SENDER_BYTES = 512
const ROUNDS = 3
const FEW = size(1_000_000, 50_000)
const MANY = size(10_000_000, 200_000)

const place = { topic: 'bench', partition: 0 }
const identity = { ...place, topology: 'bench', semanticsVersion: 1, stateKeyId: 'k1', createdBy: 'bench' }
const measured: Measured[] = []

function note(name: string, value: number, unit = 'ms'): void {
  measured.push({ name: `checkpoint, ${name}`, unit, value })
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
async function measureWrite(name: string, state: State, rounds: number): Promise<void> {
  const writes = []
  for (let round = 0; round < rounds; round++) writes.push(await writeOnce(state, state.dedup.size + round))
  writes.sort((a, b) => a.ms - b.ms)
  note(`${name}: written and on the disk`, writes[rounds >> 1]!.ms)
  note(`${name}: longest turn of the event loop`, Math.max(...writes.map((write) => write.longestTurnMs)))
}

async function measureLoad(name: string, folder: string, ids: number): Promise<void> {
  const state = new State(folder)
  const { ms, longestTurnMs } = await watched(() => state.checkpoints.load())
  if (state.dedup.size !== ids) throw new Error(`loaded ${state.dedup.size} ids`)
  note(`${name}: loaded, verified and indexed`, ms)
  note(`${name}: longest turn of the event loop while loading`, longestTurnMs)
}

function measureNaive(ids: number): void {
  const entries = Array.from({ length: ids }, (_, id) => [`${hashWord(id, 0)}${hashWord(id, 1)}`, id] as const)
  const map = new Map(entries)
  const begun = performance.now()
  const bytes = JSON.stringify([...map]).length
  note('naive, JSON of 1 million ids, one turn', performance.now() - begun)
  note('naive, JSON of 1 million ids: size', bytes / 1e6, 'MB')
}

async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-bench-'))
  try {
    const state = new State(folder)
    state.remember(0, FEW)
    await measureWrite('1 million ids', state, ROUNDS)
    await measureLoad('1 million ids', folder, FEW)
    for (let id = 0; id < SENDERS; id++) {
      state.senders.insert(hashWord(id, 5), hashWord(id, 6), hashWord(id, 7), hashWord(id, 8))
    }
    await measureWrite('1 million ids, 100,000 senders', state, ROUNDS)
    state.remember(FEW, MANY)
    await measureWrite('10 million ids, 100,000 senders', state, 1)
    await measureLoad('10 million ids, 100,000 senders', folder, MANY)
    const [newest] = await new CheckpointFolder(folder).list(place.topic, place.partition)
    note('10 million ids, 100,000 senders: size', (await stat(join(folder, newest!.name))).size / 1e6, 'MB')
    measureNaive(FEW)
  } finally {
    await rm(folder, { recursive: true })
  }
  sendMeasured(measured)
}

async function main(): Promise<void> {
  const report = new Report('checkpoint', 'A checkpoint: on the disk, off the hot path, loaded again')
  const slice = { atMost: SLICE_MS_BAR }
  const loadTurn = { atMost: LOAD_TURN_MS_BAR }
  await reportRuns(report, 'checkpoint.bench.ts', {
    'checkpoint, 1 million ids: written and on the disk': { atMost: WRITE_MS_BAR },
    'checkpoint, 1 million ids: longest turn of the event loop': slice,
    'checkpoint, 1 million ids: loaded, verified and indexed': { atMost: 1_000 },
    'checkpoint, 1 million ids: longest turn of the event loop while loading': loadTurn,
    'checkpoint, 10 million ids, 100,000 senders: longest turn of the event loop': slice,
    'checkpoint, 10 million ids, 100,000 senders: loaded, verified and indexed': { atMost: 10_000 },
    'checkpoint, 10 million ids, 100,000 senders: longest turn of the event loop while loading': loadTurn,
  })
  report.finish()
}

if (process.argv[2] === 'run') await run()
else await main()
