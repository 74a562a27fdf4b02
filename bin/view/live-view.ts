import { bufferTime, map, type Observable, type Subscription } from 'rxjs'
import type { Decision } from '../../schemas/generated/decision.ts'
import type { Pipeline } from '../runtime/pipeline.ts'
import type { SeenDecisions } from './decision-feed.ts'
import { FigureSampler, type Figures } from './figures.ts'
import { bytesText, decisionLine, grouped, isColourful, print, styled, styledOutcome } from './text.ts'

const FRAME_MS = 1_000
/** Without a terminal a line every so many frames is enough. */
const FRAMES_A_LINE = 5
const DECISIONS_SHOWN = 8

export interface ViewContext {
  readonly title: string
  readonly footer: string
  readonly nowMs: () => number
  /** Records on `fraud.alerts` and `fraud.actions` since the start. */
  readonly counted: () => { readonly alerts: number; readonly actions: number; readonly logBytes: number }
}

/** Shows the pipeline at work until unsubscribed: a live screen on a terminal, plain lines elsewhere. */
export function showLive(seen: Observable<SeenDecisions>, pipeline: Pipeline, context: ViewContext): Subscription {
  const sampler = new FigureSampler(pipeline)
  const frames = seen.pipe(
    bufferTime(FRAME_MS),
    map((buffered) => sampler.sample(buffered, context.nowMs())),
  )
  return process.stdout.isTTY ? showScreen(frames, context) : showLines(frames, context)
}

function showLines(frames: Observable<Figures>, context: ViewContext): Subscription {
  let frame = 0
  let shown: string | null = null
  return frames.subscribe((figures) => {
    const { last, lastStopped } = figures
    const decision = lastStopped ?? last
    if (decision !== null && decision.transactionId !== shown && (shown === null || frame % FRAMES_A_LINE === 0)) {
      shown = decision.transactionId
      print(`decision  ${decisionLine(decision)}`)
    }
    if (frame++ % FRAMES_A_LINE === 0) print(figuresLine(figures, context))
  })
}

/** All figures in one line. */
function figuresLine(figures: Figures, context: ViewContext): string {
  const { alerts, actions } = context.counted()
  const latency = figures.latencyMs
  const outcomes = figures.outcomes.map(({ outcome, count }) => `${outcome} ${grouped(count)}`).join(', ')
  return [
    `${grouped(figures.perSecond)} events/s`,
    latency === null ? 'no decision yet' : `p50 ${grouped(latency.p50)} ms p99 ${grouped(latency.p99)} ms`,
    `decided ${grouped(figures.decided)} (${outcomes})`,
    `alerts ${grouped(alerts)}`,
    `actions ${grouped(actions)}`,
    `duplicates ${grouped(figures.dispositions['duplicate'] ?? 0)}`,
    `dead letters ${deadLetterText(figures) || 'none'}`,
    `state ${bytesText(figures.stateBytes)}`,
  ].join('  ')
}

function showScreen(frames: Observable<Figures>, context: ViewContext): Subscription {
  const recent: Decision[] = []
  process.stdout.write('\x1b[?1049h\x1b[?25l')
  const subscription = frames.subscribe((figures) => {
    for (const decision of [figures.last, figures.lastStopped]) {
      if (decision === null || recent.some(({ decisionId }) => decisionId === decision.decisionId)) continue
      recent.unshift(decision)
      recent.length = Math.min(recent.length, DECISIONS_SHOWN)
    }
    const { columns, rows } = process.stdout
    const lines = screenLines(figures, recent, context).slice(0, rows - 1)
    const text = lines.map((line) => `${cut(line, columns)}\x1b[K`).join('\n')
    process.stdout.write(`\x1b[H${text}\x1b[J`)
  })
  subscription.add(() => process.stdout.write('\x1b[?25h\x1b[?1049l'))
  return subscription
}

function screenLines(figures: Figures, recent: readonly Decision[], context: ViewContext): string[] {
  const { dispositions, latencyMs } = figures
  const { alerts, actions, logBytes } = context.counted()
  const count = (name: string) => grouped(dispositions[name] ?? 0)
  const row = (name: string, text: string) => `  ${styled('dim', name.padEnd(13))}${text}`
  const latency =
    latencyMs === null ? '-' : `p50 ${grouped(latencyMs.p50)} ms   p99 ${grouped(latencyMs.p99)} ms   event to decision`
  const outcomes = figures.outcomes
    .map(({ outcome, count: n }) => `${styledOutcome(outcome)} ${grouped(n)}`)
    .join('   ')
  const state = figures.running ? styled('green', 'running') : `${figures.runningTasks} of ${figures.tasks} tasks run`
  return [
    `${styled('bold', context.title)}   ${state}`,
    '',
    row('events', `${styled('bold', grouped(figures.perSecond))} a second   waiting ${grouped(figures.lag)}`),
    row('latency', `${latency}   commit ${figures.commitMs.toFixed(1)} ms`),
    row('decisions', `${grouped(figures.decided)}   ${outcomes}${figures.skipped > 0 ? '   (outcomes sampled)' : ''}`),
    row('alerts', `${grouped(alerts)}   actions ${grouped(actions)}`),
    row('duplicates', `${count('duplicate')}   conflicts ${count('conflict')}`),
    row('dead letters', deadLetterText(figures) || 'none'),
    row('control', `applied ${count('control-applied')}   refused ${count('control-refused')}`),
    row(
      'state',
      `${grouped(figures.ids)} ids   ${grouped(figures.senders)} senders   ${bytesText(figures.stateBytes)}   log ${bytesText(logBytes)}`,
    ),
    '',
    ...recent.map((decision) => `  ${decisionLine(decision)}`),
    '',
    styled('dim', context.footer),
  ]
}

function deadLetterText({ deadLetters }: Figures): string {
  return [...deadLetters]
    .sort((a, b) => b.count - a.count)
    .map(({ reason, count }) => `${reason} ${grouped(count)}`)
    .join(', ')
}

/** The visible first `columns` characters; style codes take no room. */
function cut(line: string, columns: number): string {
  let visible = 0
  let at = 0
  while (at < line.length && visible < columns) {
    const code = line[at] === '\x1b' ? line.indexOf('m', at) : -1
    if (code >= 0) at = code + 1
    else {
      at++
      visible++
    }
  }
  return at < line.length && isColourful ? `${line.slice(0, at)}\x1b[0m` : line.slice(0, at)
}
