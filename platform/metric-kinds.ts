import { Counter, Gauge, type Registry } from 'prom-client'

type SetValue<L extends string> = (labels: Partial<Record<L, string>>, value: number) => void
type Read<L extends string> = (set: SetValue<L>) => void | Promise<void>

/**
 * A figure that may fall, read anew at each scrape; what is not set then is not shown. `aggregator`: what the threads of a process
 * come to together.
 */
export function gauge<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  read: Read<L>,
  aggregator: 'sum' | 'average' | 'max' = 'sum',
): void {
  const metric: Gauge<L> = new Gauge({
    name,
    aggregator,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect: async () => {
      const values: [Partial<Record<L, string>>, number][] = []
      await read((labels, value) => values.push([labels, value]))
      metric.reset()
      for (const [labels, value] of values) metric.set(labels, value)
    },
  })
}

/** A total that is counted elsewhere: set anew at each scrape. */
export function counter<L extends string>(
  registry: Registry,
  name: string,
  help: string,
  labelNames: readonly L[],
  read: (set: SetValue<L>) => void,
): void {
  const metric: Counter<L> = new Counter({
    name,
    help,
    labelNames: [...labelNames],
    registers: [registry],
    collect: () => {
      metric.reset()
      read((labels, value) => metric.inc(labels, value))
    },
  })
}
