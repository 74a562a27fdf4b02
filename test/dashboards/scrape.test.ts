import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { stringify } from 'yaml'
import { ARCHIVER_STATES } from '../../bigquery/archiver.ts'
import { createArchiveMetrics, measureArchivedRepeats } from '../../platform/archive-metrics.ts'
import { SluiceProcess, temporaryFolder } from '../bin/sluice-process.ts'
import { freePort, startServer } from './programs.ts'
import { allRules, dashboard, PROMETHEUS_FOLDER, RULE_FILES } from './rule-files.ts'

// Goal: rules and dashboard ask only for what exists.
// Method: a real Prometheus scrapes a real `sluice up`; every expression must give a series. A comparison is asked for its
// verdict (`bool`), so that an alert that does not fire gives one too.

const WITHIN_MS = 60_000
/** Metrics that an archiver's own process has. */
const OF_THE_ARCHIVE = 'sluice_archive_'

/** Prometheus over one process, with the rules as they are and the times of a test. */
async function startPrometheus(target: string): Promise<string> {
  const folder = temporaryFolder()
  const file = join(folder, 'prometheus.yml')
  const configuration = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: RULE_FILES,
    scrape_configs: [{ job_name: 'sluice', static_configs: [{ targets: [target] }] }],
  }
  writeFileSync(file, stringify(configuration))
  const url = `http://127.0.0.1:${await freePort()}`
  const args = [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=${new URL(url).host}`,
  ]
  await startServer('prometheus', args, `${url}/-/ready`)
  return url
}

/** The expression as it is asked: with a verdict for a comparison, and the dashboard's variables filled in. */
function asked(expression: string): string {
  return expression
    .replace(/(==|!=|>=|<=|(?<![=!<>~])>|<)(?=\s*[\d.])/g, '$1 bool')
    .replaceAll('$__rate_interval', '10s')
    .replaceAll('$instance', '.+')
}

async function hasSeries(url: string, expression: string): Promise<boolean> {
  const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(asked(expression))}`)
  const answer = (await response.json()) as { status: string; error?: string; data?: { result: unknown[] } }
  if (answer.status !== 'success') throw new Error(`${expression}: ${answer.error}`)
  return (answer.data?.result.length ?? 0) > 0
}

/** The expressions that have no series once `WITHIN_MS` has passed. */
async function withoutSeries(url: string, expressions: readonly string[], withinMs = WITHIN_MS): Promise<string[]> {
  let missing = [...expressions]
  for (const untilMs = performance.now() + withinMs; missing.length > 0 && performance.now() < untilMs; ) {
    const found = await Promise.all(missing.map((expression) => hasSeries(url, expression)))
    missing = missing.filter((_, i) => !found[i])
    if (missing.length > 0) await new Promise((resolve) => setTimeout(resolve, 200))
  }
  return missing
}

test('dashboards: every expression of rules and dashboard has a series in a scrape of `sluice up`', async () => {
  const hooks = { hooks: [{ name: 'nobody', redis_channel: 'actions' }] }
  const file = join(temporaryFolder(), 'hooks.yaml')
  writeFileSync(file, stringify(hooks))
  const env = { SLUICE_HOOKS: file, SLUICE_REDIS_URL: 'redis://127.0.0.1:9' }
  const up = new SluiceProcess(['up', '--port', '0', '--rate', '400', '--data', temporaryFolder()], env)
  const [, target = ''] = await up.says(/http:\/\/(127\.0\.0\.1:\d+)/)
  const url = await startPrometheus(target)
  // One call that is refused: a route that nobody has called has no series.
  const [, api = ''] = await up.says(/confirm API: (http:\/\/127\.0\.0\.1:\d+)/)
  expect((await fetch(`${api}/payment/confirm`, { method: 'POST' })).status).toBe(401)
  const rules = allRules()
    .map(({ expr }) => expr)
    .filter((expr) => !expr.startsWith(OF_THE_ARCHIVE))
  const panels = dashboard().panels.flatMap(({ targets }) => targets.map(({ expr }) => expr))
  expect(rules.length).toBeGreaterThan(10)
  expect(panels.length).toBeGreaterThan(20)
  expect(await withoutSeries(url, [...rules, ...panels])).toEqual([])
  const invented = ['sluice_invented > 1', 'sluice_lag_seconds{task_id="0_99"} > 1']
  expect(await withoutSeries(url, invented, 1_000)).toEqual(invented)
  process.stdout.write(`dashboards: ${rules.length} rules and ${panels.length} panel queries have series\n`)
  up.child.kill('SIGTERM')
  expect(await up.ended).toBe(0)
}, 120_000)

test('dashboards: rules about the archive ask for metrics that its process has', async () => {
  const counters = { rows: new Map(), refused: 0, failures: new Map() }
  const lags = async () => [{ topic: 'payments.decided', records: 1, oldestAppendMs: 0 }]
  const metrics = createArchiveMetrics(
    () => ({ state: 'LIVE', counters, lags }),
    ARCHIVER_STATES,
    () => 1_000,
  )
  measureArchivedRepeats(metrics, () => ({ repeatedIds: 0, doubledRows: 0 }))
  const text = await metrics.metrics()
  const rules = allRules().filter(({ expr }) => expr.startsWith(OF_THE_ARCHIVE))
  expect(rules.length).toBeGreaterThan(0)
  for (const { expr } of rules) expect(text).toContain(`${/^\w+(?:\{[^}]*\})?/.exec(expr)?.[0].replace(/[}]$/, '')}`)
})

test('dashboards: the configuration for one machine scrapes the default port of `sluice up`', () => {
  const text = readFileSync(`${PROMETHEUS_FOLDER}prometheus.yml`, 'utf8')
  const config = readFileSync('platform/config.ts', 'utf8')
  expect(text).toContain(`127.0.0.1:${/'METRICS_PORT', PORT, '(\d+)'/.exec(config)?.[1]}`)
})

test('dashboards: every panel has a title, a unit and a legend, and none lies on another', () => {
  const { panels } = dashboard()
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => {
    expect(x + w).toBeLessThanOrEqual(24)
    return Array.from({ length: w * h }, (_, i) => `${x + (i % w)} ${y + Math.floor(i / w)}`)
  })
  expect(new Set(cells).size).toBe(cells.length)
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length)
  for (const { title, fieldConfig, targets } of panels) {
    expect(title).not.toBe('')
    expect(fieldConfig.defaults.unit, title).toBeTruthy()
    for (const { legendFormat } of targets) expect(legendFormat, title).not.toBe('')
  }
})
