import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { clock } from '../text.ts'

export interface Line {
  readonly label: string
  /** A custom property of the style sheet. */
  readonly color: string
  readonly fill?: boolean
  readonly values: readonly (number | null)[]
}

interface LineChartProps {
  readonly title: string
  readonly unit: string
  /** Epoch seconds. */
  readonly seconds: readonly number[]
  readonly lines: readonly Line[]
  /** Epoch seconds at which something began anew. */
  readonly marks: readonly number[]
}

const HEIGHT = 190

/** Lines over time. What they say in numbers stands in the legend below, for who cannot see them. */
export function LineChart({ title, unit, seconds, lines, marks }: LineChartProps) {
  const place = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot | null>(null)
  const marked = useRef(marks)
  marked.current = marks
  const shape = lines.map(({ label }) => label).join()
  useEffect(() => {
    const host = place.current
    if (host === null) return
    const options = optionsOf(host, unit, lines, () => marked.current)
    const drawn = new uPlot(options, [[], ...lines.map(() => [])], host)
    plot.current = drawn
    const fit = new ResizeObserver(() => drawn.setSize({ width: host.clientWidth, height: HEIGHT }))
    fit.observe(host)
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    const again = () => drawn.redraw()
    scheme.addEventListener('change', again)
    return () => {
      scheme.removeEventListener('change', again)
      fit.disconnect()
      drawn.destroy()
    }
  }, [shape, unit])
  useEffect(() => {
    plot.current?.setData([[...seconds], ...lines.map(({ values }) => [...values])] as uPlot.AlignedData)
  }, [seconds, lines])
  return (
    <figure class="chart" aria-label={title}>
      <div ref={place} aria-hidden="true" />
      <figcaption>
        {lines.map(({ label, color, values }) => (
          <span key={label}>
            <i class={`swatch ${color}`} />
            {label} <b>{lastOf(values, unit)}</b>
          </span>
        ))}
      </figcaption>
    </figure>
  )
}

function lastOf(values: readonly (number | null)[], unit: string): string {
  const last = values.findLast((value) => value !== null)
  return last === undefined || last === null ? '–' : `${Math.round(last * 10) / 10} ${unit}`
}

function optionsOf(
  host: HTMLElement,
  unit: string,
  lines: readonly Line[],
  marks: () => readonly number[],
): uPlot.Options {
  const ink = (name: string) => () => getComputedStyle(host).getPropertyValue(`--ink-${name}`) || 'gray'
  const grid = { stroke: ink('line'), width: 1 }
  const axis = { stroke: ink('muted'), grid, ticks: { show: false }, font: '11px system-ui' }
  return {
    width: host.clientWidth,
    height: HEIGHT,
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_plot, _low, high) => [0, Math.max(1, high * 1.15)] } },
    axes: [
      { ...axis, space: 90, values: (_plot, ticks) => ticks.map((tick) => clock(tick * 1_000)) },
      { ...axis, size: 56, values: (_plot, ticks) => ticks.map((tick) => `${tick} ${unit}`) },
    ],
    series: [
      {},
      ...lines.map(({ label, color, fill }) => ({
        label,
        stroke: ink(color),
        width: 1.6,
        points: { show: false },
        ...(fill === true && { fill: ink(`${color}-soft`) }),
      })),
    ],
    hooks: {
      draw: [
        (drawn) => {
          for (const at of marks()) markAt(drawn, at, ink('high')())
        },
      ],
    },
  }
}

/** A dashed line where a task began anew. */
function markAt({ ctx, bbox, valToPos }: uPlot, seconds: number, color: string): void {
  const x = valToPos(seconds, 'x', true)
  if (x < bbox.left || x > bbox.left + bbox.width) return
  ctx.save()
  ctx.strokeStyle = color
  ctx.setLineDash([4, 4])
  ctx.beginPath()
  ctx.moveTo(x, bbox.top)
  ctx.lineTo(x, bbox.top + bbox.height)
  ctx.stroke()
  ctx.restore()
}
