import { afterAll, describe, expect, test } from 'vitest'
import { Random } from '../../producers/simulator/random.ts'
import { CHECKPOINT_STEPS, COMMIT_STEPS, type Fault, type Step } from './failpoint.ts'
import { startWorker } from './fault-child.ts'
import { checkFolder, FaultFolders, feed, missingRecords, refoldAll, withLog } from './fault-folder.ts'
import { mixedStream } from './mixed-stream.ts'
import type { Refold } from './refold.ts'
import type { WorkerOrder } from './worker.ts'

// Goal: kill -9 at any instant, restart, same result as no kill.
// Method: a worker process is killed at a named step, or by this process at a random one, and started again; five kills
// a folder, then it drains. Behind every second kill, and at the end, the folder is held against a refold of its input.

const KILLS = Number(process.env['SLUICE_TEST_KILLS'] ?? 50)
const SEED = process.env['SLUICE_TEST_SEED'] ?? '1'
const RECORDS = 2_500
const KILLS_A_FOLDER = 5
const FOLDERS_AT_ONCE = 2
/** A random kill follows so many commits at most; the input has many times more. */
const COMMITS_MAX = 25
/** At each step of a commit the fifth follows a commit: two tasks have begun one each, and have read one batch ahead. */
const BEHIND_COMMIT = 5

type Kill = Fault | { readonly afterCommits: number; readonly delayMs: number }

interface Tally {
  kills: number
  fired: Map<string, number>
  checks: number
  inputs: number
  outputs: number
  digests: number
  /** Kills that left a transaction stored which nobody had been told of. */
  unanswered: number
  readonly problems: string[]
}

const folders = new FaultFolders()
afterAll(() => folders.removeAll())

describe('a worker that is killed', () => {
  test(
    `SPEC X1, X2, X4, D4: ${KILLS} kills at each commit step, during checkpoints, during restores and at random`,
    async () => {
      const base = folders.next()
      const stream = { seed: SEED, startMs: Date.now() - 60_000, records: RECORDS }
      const acked = await feed(base, stream, [20, 30])
      const refolds = await withLog(base, async (log) => {
        const { missing, compared } = await missingRecords(log, mixedStream(stream), acked)
        expect(missing, `seed ${SEED}`).toEqual([])
        expect(compared).toBeGreaterThanOrEqual(RECORDS)
        return refoldAll(log)
      })
      const tally: Tally = {
        kills: 0,
        fired: new Map(),
        checks: 0,
        inputs: 0,
        outputs: 0,
        digests: 0,
        unanswered: 0,
        problems: [],
      }
      const runs = Array.from({ length: Math.ceil(KILLS / KILLS_A_FOLDER) }, (_, number) => number)
      const work = async () => {
        for (let run = runs.shift(); run !== undefined; run = runs.shift()) await crashRun(base, run, refolds, tally)
      }
      await Promise.all(Array.from({ length: FOLDERS_AT_ONCE }, work))
      report(tally, refolds)
      expect(tally.problems, `seed ${SEED}`).toEqual([])
      expect(tally.kills).toBeGreaterThanOrEqual(KILLS)
      if (KILLS >= 50) {
        for (const step of [...COMMIT_STEPS, ...CHECKPOINT_STEPS, 'checkpoint-read', 'folding', 'random']) {
          expect(tally.fired.get(step) ?? 0, `kills at ${step}`).toBeGreaterThan(0)
        }
      }
      // Commits that stood although nobody was told are what a restart must find out by itself.
      if (KILLS >= 50) expect(tally.unanswered).toBeGreaterThan(0)
      expect(Math.min(tally.checks, tally.inputs, tally.outputs, tally.digests)).toBeGreaterThan(0)
    },
    60_000 + KILLS * 4_000,
  )
})

/** Kills by plan, then lets the worker drain. */
async function crashRun(base: string, run: number, refolds: readonly Refold[], tally: Tally): Promise<void> {
  const random = new Random(`${SEED} crash ${run}`)
  const folder = folders.next(base)
  const order: WorkerOrder = { folder, fault: null, checkpointRecords: 150, fetchBytesMax: 1, until: 'drained' }
  const told: number[] = []
  for (const [i, kill] of plan(run, random).entries()) {
    const where = `seed ${SEED}, run ${run}, kill ${i}: ${JSON.stringify(kill)}`
    const worker = startWorker('step' in kill ? { ...order, fault: kill } : order)
    if ('step' in kill) await worker.ended
    else {
      await worker.told('committed', kill.afterCommits)
      await new Promise((resolve) => setTimeout(resolve, kill.delayMs)) // The instant is the random part.
      worker.process.kill('SIGKILL')
    }
    const { signal } = await worker.ended
    const fired = 'step' in kill ? worker.of('fired')[0]?.step : 'random'
    if (signal !== 'SIGKILL' || fired === undefined) {
      throw new Error(`${where}: the fault did not fire: ${worker.errors} ${JSON.stringify(worker.lines.slice(-2))}`)
    }
    for (const { partition, offset } of worker.of('committed')) told[partition] = Math.max(told[partition] ?? 0, offset)
    tally.kills++
    tally.fired.set(fired, (tally.fired.get(fired) ?? 0) + 1)
    if (fired === 'end-unanswered' || random.chance(0.5)) await checkNow(folder, refolds, told, where, tally)
  }
  const worker = startWorker(order)
  await worker.finished()
  const { partitions } = worker.of('left')[0] ?? { partitions: [] }
  const verdict = await withLog(folder, (log) => checkFolder(log, refolds, partitions))
  add(tally, verdict, `seed ${SEED}, run ${run}, drained`)
  folders.remove(folder)
}

/** Between a kill and the restart: what is there is right as far as it goes, and there was work in flight. */
async function checkNow(
  folder: string,
  refolds: readonly Refold[],
  told: readonly number[],
  where: string,
  tally: Tally,
): Promise<void> {
  const verdict = await withLog(folder, (log) => checkFolder(log, refolds, null))
  const { committed } = verdict
  const problems = committed.flatMap((offset, partition) =>
    offset < (told[partition] ?? 0) ? [`acknowledged offset ${told[partition]} is lost: ${offset}`] : [],
  )
  if (committed.some((offset, partition) => offset > (told[partition] ?? 0))) tally.unanswered++
  if (committed.every((offset, partition) => offset >= (refolds[partition]?.dispositions.length ?? 0))) {
    problems.push('nothing was in flight')
  }
  // A kill before the first commit has left nothing to compare yet.
  const early = committed.every((offset) => offset === 0)
  add(tally, early ? { ...verdict, problems } : { ...verdict, problems: [...problems, ...verdict.problems] }, where)
}

function add(tally: Tally, verdict: Awaited<ReturnType<typeof checkFolder>>, where: string): void {
  tally.checks++
  tally.inputs += verdict.inputs
  tally.outputs += verdict.outputs
  tally.digests += verdict.digests
  tally.problems.push(...verdict.problems.map((problem) => `${where}: ${problem}`))
}

/**
 * Two plans, turn about. A fold follows a commit, and the reading of a checkpoint follows the third one's beginning, which is
 * the second of its partition: so both have something to restore.
 */
function plan(run: number, random: Random): Kill[] {
  const commit = (steps: readonly Step[], index: number, least = 2): Fault => {
    return { step: steps[index % steps.length] as Step, nth: random.between(least, COMMITS_MAX) }
  }
  const byChance = (): Kill => ({ afterCommits: random.between(1, COMMITS_MAX), delayMs: random.between(0, 4) })
  const checkpoint: Fault = { step: CHECKPOINT_STEPS[run % CHECKPOINT_STEPS.length] as Step, nth: 3 }
  const turn = Math.floor(run / 2)
  if (run % 2 === 0) {
    return [
      commit(COMMIT_STEPS, turn, BEHIND_COMMIT),
      { step: 'folding', nth: 1 },
      { ...checkpoint, step: CHECKPOINT_STEPS[turn % CHECKPOINT_STEPS.length] as Step },
      { step: 'checkpoint-read', nth: random.between(1, 3) },
      byChance(),
    ]
  }
  return [byChance(), commit(COMMIT_STEPS, turn), byChance(), commit(COMMIT_STEPS, turn + 5), checkpoint]
}

function report(
  { kills, fired, checks, inputs, outputs, digests, unanswered }: Tally,
  refolds: readonly Refold[],
): void {
  const steps = [...fired].map(([step, times]) => `${step} ${times}`).join(', ')
  const dispositions = new Map<string, number>()
  for (const disposition of refolds.flatMap((one) => one.dispositions)) {
    dispositions.set(disposition, (dispositions.get(disposition) ?? 0) + 1)
  }
  process.stdout.write(
    `crash: seed ${SEED}: ${kills} kills (${steps}); ${checks} checks compared ${inputs} inputs, ${outputs} outputs, ` +
      `${digests} states; ${unanswered} commits stood unanswered; the input: ${[...dispositions].map(([name, count]) => `${name} ${count}`).join(', ')}\n`,
  )
}
