import { bucketStartMs } from './latency-histogram.ts'

/** What is drawn of one run: how many answers took how long. */
export interface Latencies {
  readonly name: string
  /** By LatencyHistogram's buckets. */
  readonly counts: readonly number[]
  readonly p50: number
  readonly p99: number
}

const WIDTH = 760
const PANEL = 150
const LEFT = 16
const TOP = 44
const BARS = 96
const MARKS_MS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000]

/** Readable on light and on dark paper, whichever the reader's page has. */
const STYLE = `
  text { font: 12px system-ui, sans-serif; fill: #57606a }
  .title { font-weight: 600; font-size: 14px; fill: #1f2328 }
  .name { font-weight: 600; fill: #1f2328 }
  .bar { fill: #0969da }
  .axis { stroke: #d0d7de }
  .mark { stroke: #cf222e; stroke-dasharray: 3 3 }
  @media (prefers-color-scheme: dark) {
    text { fill: #8d96a0 }
    .title, .name { fill: #e6edf3 }
    .bar { fill: #58a6ff }
    .axis { stroke: #3d444d }
    .mark { stroke: #ff7b72 }
  }`

/** The distributions under one another on one logarithmic scale, as SVG: the same counts make the same bytes. */
export function drawLatencies(title: string, runs: readonly Latencies[]): string {
  const used = runs.flatMap(({ counts }) => counts.flatMap((count, at) => (count > 0 ? [at] : [])))
  const [first, end] = [Math.min(...used), Math.max(...used) + 1]
  const scale = { first, step: (WIDTH - 2 * LEFT) / (end - first) }
  const height = TOP + runs.length * PANEL
  const panels = runs.flatMap((run, i) => panel(run, TOP + i * PANEL, scale))
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${title}: how long answers took">`,
    `<style>${STYLE}\n</style>`,
    `<text class="title" x="${LEFT}" y="22">${title}: ms until the answer, log scale</text>`,
    ...panels,
    '</svg>\n',
  ].join('\n')
}

interface Scale {
  readonly first: number
  readonly step: number
}

function panel({ name, counts, p50, p99 }: Latencies, top: number, scale: Scale): string[] {
  const most = Math.max(...counts)
  const total = counts.reduce((sum, count) => sum + count, 0)
  const ground = top + 24 + BARS
  const bars = counts.flatMap((count, at) => {
    if (count === 0) return []
    // What is there is seen, however rare.
    const height = Math.max(1, (count / most) * BARS)
    const x = LEFT + (at - scale.first) * scale.step
    return `<rect class="bar" x="${round(x + 0.5)}" y="${round(ground - height)}" width="${round(scale.step - 1)}" height="${round(height)}"/>`
  })
  const ticks = MARKS_MS.map((ms) => [ms, placeOf(ms, scale)] as const).filter(
    ([, x]) => x >= LEFT && x <= WIDTH - LEFT,
  )
  const p99X = round(placeOf(p99, scale))
  return [
    `<text class="name" x="${LEFT}" y="${top + 8}">${name}: p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, ${total.toLocaleString('en')} answers</text>`,
    ...bars,
    `<line class="axis" x1="${LEFT}" y1="${ground}" x2="${WIDTH - LEFT}" y2="${ground}"/>`,
    `<line class="mark" x1="${p99X}" y1="${top + 18}" x2="${p99X}" y2="${ground}"/>`,
    ...ticks.map(([ms, x]) => `<text x="${round(x)}" y="${ground + 16}" text-anchor="middle">${ms}</text>`),
  ]
}

function placeOf(ms: number, { first, step }: Scale): number {
  const octaves = Math.log2(ms / bucketStartMs(first))
  const bucketsPerOctave = 1 / Math.log2(bucketStartMs(1) / bucketStartMs(0))
  return LEFT + octaves * bucketsPerOctave * step
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
