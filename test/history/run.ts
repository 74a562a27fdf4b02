import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { signToken } from '../../bin/runtime/api/token-keys.ts'
import { type ControlChange, partitionOfAccount, sendControl } from '../../bin/runtime/control/control-records.ts'
import type { Session } from '../../bin/runtime/session.ts'
import { Random } from '../../producers/simulator/random.ts'
import { StreamsError } from '../../streams/errors.ts'
import type { Log } from '../../streams/log/log.ts'
import type { ClientGround } from './caller.ts'
import { readEvidence } from './checker/history.ts'
import { judge, LAWS, type Law, type Verdict } from './checker/laws.ts'
import { Client } from './client.ts'
import { FAULTS, type FaultName, Faults, faultPlan } from './faults.ts'
import { readLogRows } from './log-rows.ts'
import { Recorder } from './recorder.ts'
import { clusterSite, embeddedSite, keep, type Site } from './site.ts'

export interface HistoryOptions {
  readonly seconds: number
  readonly seed: string
  readonly clients: number
  /** On a broker with Redis, which are struck as well; else in the embedded profile. */
  readonly isCluster: boolean
  /** Told what happens, a line at a time. */
  readonly say: (line: string) => void
}

export interface HistoryReport {
  readonly verdicts: Readonly<Record<Law, Verdict>>
  readonly faults: Faults
  readonly problems: readonly string[]
}

/** What a drain may take on a machine that does much else. */
const DRAIN_MS = 180_000
const TOKEN_LIFE_S = 900
const REVIEWED_AGAIN_MS = 500

/** Clients at work on a site while faults strike it, then a drain, every key once more, and the checker over all of it. */
export async function runHistory(options: HistoryOptions): Promise<HistoryReport> {
  const { isCluster, say } = options
  const names = (Object.keys(FAULTS) as FaultName[]).filter(
    (name) => isCluster || (name !== 'broker' && name !== 'redis'),
  )
  const evidence = mkdtempSync(join(tmpdir(), 'sluice-history-'))
  const site = isCluster ? await clusterSite() : await embeddedSite()
  const recorder = new Recorder()
  try {
    const faults = new Faults(site, recorder)
    const clients = await liveThrough(options, site, { recorder, faults, names })
    recorder.write(evidence, await readLogRows(site.session))
    const verdicts = judge(readEvidence(evidence))
    tell(say, recorder, clients, { faults, verdicts, names })
    const problems = [...faults.problems(names), ...problemsOf(verdicts), ...idle(clients)]
    if (problems.length > 0) say(`what was seen is kept in ${keep(evidence)}`)
    return { verdicts, faults, problems }
  } finally {
    await site.close()
    rmSync(evidence, { recursive: true, force: true })
  }
}

interface Parts {
  readonly recorder: Recorder
  readonly faults: Faults
  readonly names: readonly FaultName[]
}

async function liveThrough(options: HistoryOptions, site: Site, { recorder, faults, names }: Parts): Promise<Client[]> {
  const { seconds, seed, say } = options
  const overdue = new AbortController()
  const ground = groundOf(site, recorder, overdue.signal)
  const random = new Random(seed)
  const clients = Array.from({ length: options.clients }, (_, i) => new Client(`usr-${i}`, random.fork(`${i}`), ground))
  const enough = new AbortController()
  const each = clients.map((client) => client.run(enough.signal))
  const working = Promise.all(each)
  working.catch(() => {})
  let late: NodeJS.Timeout | undefined
  try {
    const endMs = performance.now() + seconds * 1_000
    const done = new Set<FaultName>()
    for (const { name, pauseMs } of faultPlan(seed, names)) {
      if (performance.now() >= endMs && done.size === names.length) break
      await Promise.race([pause(pauseMs), working])
      say(await faults.commit(name))
      done.add(name)
    }
    enough.abort()
    late = setTimeout(() => overdue.abort(new Error(`not drained within ${DRAIN_MS} ms`)), DRAIN_MS)
    await working
    await Promise.all(clients.map((client) => client.askAgain()))
  } catch (error) {
    // No client may be at work when the site goes.
    enough.abort()
    overdue.abort(error)
    await Promise.allSettled(each)
    throw error
  } finally {
    clearTimeout(late)
  }
  for (const { part } of site.instances) await part.leave()
  return clients
}

function groundOf({ session, instances, codes }: Site, recorder: Recorder, overdue: AbortSignal): ClientGround {
  const { folder, config } = session
  // One after the other: reviews have one transactional id, by which two at a time would fence each other.
  let reviewing: Promise<void> = Promise.resolve()
  return {
    instances,
    recorder,
    codes,
    overdue,
    tokenOf: (subject, accounts) => {
      const claims = { subject, accounts, scope: 'payment.confirm', lifeS: TOKEN_LIFE_S }
      return signToken(folder.keys.folder, config, claims, Date.now())
    },
    review: async (decisionId, accountId, isApproved) => {
      const kind = isApproved ? 'REVIEW_APPROVED' : 'REVIEW_DECLINED'
      const change = { kind, actor: 'anna', reason: 'called the holder', accountId, decisionId } as const
      const sending = reviewing.then(async () => {
        // The first end of a review wins, so it is safe to say it again.
        while (!(await sent(session, change, [partitionOfAccount(accountId)]))) await pause(REVIEWED_AGAIN_MS)
      })
      reviewing = sending.catch(() => {})
      return sending
    },
  }
}

/** False when the log could not be reached. */
async function sent(session: Session<Log>, change: ControlChange, partitions: readonly number[]): Promise<boolean> {
  try {
    await sendControl(session, 'board', change, partitions, Date.now())
    return true
  } catch (error) {
    if (error instanceof StreamsError && error.next !== 'stop') return false
    throw error
  }
}

function tell(
  say: (line: string) => void,
  { lines }: Recorder,
  clients: readonly Client[],
  { faults, verdicts, names }: Pick<Parts, 'faults' | 'names'> & Pick<HistoryReport, 'verdicts'>,
): void {
  const calls = lines.filter(({ type }) => type === 'call').length
  const ends = lines.flatMap((line) => (line.type === 'end' ? [line.status] : []))
  const statuses = Object.entries(Object.groupBy(ends, String)).map(([status, own = []]) => `${status} ${own.length}`)
  say(`${clients.length} clients, ${calls} calls, ${calls - ends.length} cut off; answers ${statuses.join(', ')}`)
  say(
    `payments: ${Object.entries(totals(clients))
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
  )
  const struck = names.map(
    (name) => `${name} ${faults.struck[name].fired} (${faults.struck[name].inFlight} calls under way)`,
  )
  say(`faults: ${struck.join(', ')}`)
  for (const [law, { compared, failed, shown }] of Object.entries(verdicts)) {
    say(`LAW-${law} ${compared} compared, ${failed} failed: ${LAWS[law as Law]}`)
    for (const fault of shown) say(`  ${fault}`)
  }
}

function totals(clients: readonly Client[]): Client['counts'] {
  const names = Object.keys(clients[0]?.counts ?? {}) as (keyof Client['counts'])[]
  const sum = (name: keyof Client['counts']) => clients.reduce((total, { counts }) => total + counts[name], 0)
  return Object.fromEntries(names.map((name) => [name, sum(name)])) as Client['counts']
}

function problemsOf(verdicts: HistoryReport['verdicts']): string[] {
  return Object.entries(verdicts).flatMap(([law, { compared, failed, shown }]) => {
    if (compared === 0) return [`LAW-${law} compared nothing`]
    return failed === 0 ? [] : [`LAW-${law}: ${failed} of ${compared}; ${shown.join('; ')}`]
  })
}

/** Ways that no payment went prove nothing. */
function idle(clients: readonly Client[]): string[] {
  return Object.entries(totals(clients)).flatMap(([name, count]) => (count === 0 ? [`no payment was ${name}`] : []))
}
