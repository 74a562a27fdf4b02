import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../bin/sluice-process.ts'
import { freePort, run, startServer } from './programs.ts'
import { alertingRules, PROMETHEUS_FOLDER, RULE_FILES } from './rule-files.ts'

// Goal: each alert fires past its threshold and not at it.
// Method: promtool's own unit tests; one sample every 15 s, `quiet` and `fires` are times of evaluation.
interface AlertCase {
  readonly alert: string
  readonly why: string
  readonly series: Readonly<Record<string, string>>
  readonly quiet: string
  readonly fires: string
}

const CONFIRM = 'instance="a", route="/payment/confirm"'
const A_TASK = 'instance="a", task_id="0_1"'
const CASES: readonly AlertCase[] = [
  {
    alert: 'SluiceDown',
    why: 'a minute after the first scrape that failed',
    series: { 'up{job="sluice", instance="a"}': '1 0x10' },
    quiet: '1m',
    fires: '1m15s',
  },
  {
    alert: 'SluiceNotRunning',
    why: 'a minute after the task has stopped to process',
    series: { [`sluice_task_running{${A_TASK}}`]: '1 0x10' },
    quiet: '1m',
    fires: '1m15s',
  },
  {
    alert: 'SluiceFenced',
    why: 'the first session that is lost to another owner',
    series: { [`sluice_sessions_fenced_total{${A_TASK}}`]: '0 0 1 1' },
    quiet: '15s',
    fires: '30s',
  },
  {
    alert: 'SluiceLagCritical',
    why: 'over 5 minutes',
    series: { [`sluice_lag_seconds{${A_TASK}}`]: '300 300.1' },
    quiet: '0s',
    fires: '15s',
  },
  {
    alert: 'SluiceLagWarning',
    why: 'over 30 seconds',
    series: { [`sluice_lag_seconds{${A_TASK}}`]: '30 30.1' },
    quiet: '0s',
    fires: '15s',
  },
  {
    alert: 'SluiceInputHeldBack',
    why: 'over 30 seconds',
    series: { [`sluice_input_held_back_seconds{${A_TASK}}`]: '30 30.1' },
    quiet: '0s',
    fires: '15s',
  },
  {
    alert: 'SluiceRegistryUnreachable',
    why: 'a minute after the first question without an answer',
    series: { [`sluice_schema_waits{${A_TASK}}`]: '0 1+1x10' },
    quiet: '1m',
    fires: '1m15s',
  },
  {
    alert: 'SluiceCheckpointOld',
    why: 'over a minute',
    series: { [`sluice_checkpoint_age_seconds{${A_TASK}}`]: '60 60.1' },
    quiet: '0s',
    fires: '15s',
  },
  {
    alert: 'SluiceDedupFilling',
    why: 'over 80 % of the maximum',
    series: {
      [`sluice_store_filled_ratio{${A_TASK}, store="dedup"}`]: '0.8 0.801',
      [`sluice_store_filled_ratio{${A_TASK}, store="windows"}`]: '1 0',
    },
    quiet: '0s',
    fires: '15s',
  },
  {
    alert: 'SluiceStoreFilling',
    why: 'over 80 % of the maximum, of any other store',
    series: {
      [`sluice_store_filled_ratio{${A_TASK}, store="windows"}`]: '0.8 0.801',
      [`sluice_store_filled_ratio{${A_TASK}, store="dedup"}`]: '1 0',
    },
    quiet: '0s',
    fires: '15s',
  },
  {
    alert: 'SluiceLogFilling',
    why: 'a minute over 95 %',
    series: {
      'sluice_log_used_bytes{instance="a", part="inputs"}': '95 96x10',
      'sluice_log_max_bytes{instance="a", part="inputs"}': '100x11',
    },
    quiet: '1m',
    fires: '1m15s',
  },
  {
    alert: 'SluiceVelocityAlertSpike',
    why: '100 a minute for two minutes, then 104',
    series: { [`sluice_alerts_total{${A_TASK}, kind="VELOCITY"}`]: '0+25x8 226+26x8' },
    quiet: '2m',
    fires: '3m15s',
  },
  {
    alert: 'SluiceControlRefused',
    why: 'the first one',
    series: { [`sluice_alerts_total{${A_TASK}, kind="CONTROL_REFUSED"}`]: '0 0 1 1 1' },
    quiet: '15s',
    fires: '45s',
  },
  {
    alert: 'SluiceArchiveWaiting',
    why: 'when it has waited for 5 minutes',
    series: { 'sluice_archive_state{instance="a", state="WAITING"}': '1x21' },
    quiet: '4m45s',
    fires: '5m',
  },
  {
    alert: 'SluiceArchiveLag',
    why: 'over half an hour',
    series: { 'sluice_archive_lag_seconds{instance="a", topic="payments.decided"}': '1800 1800.1' },
    quiet: '0s',
    fires: '15s',
  },
  {
    alert: 'SluiceRepeatedIds',
    why: 'the first id that two payments have',
    series: { 'sluice_archive_repeated_ids{instance="a"}': '0 1' },
    quiet: '0s',
    fires: '15s',
  },
  {
    alert: 'SluiceDoubledRows',
    why: 'the first row that stands twice',
    series: { 'sluice_archive_doubled_rows{instance="a"}': '0 1' },
    quiet: '0s',
    fires: '15s',
  },
  {
    alert: 'SluiceHookDead',
    why: 'the first delivery that is dead',
    series: { 'sluice_hook_deliveries_total{instance="a", hook="cards", outcome="DEAD"}': '0 0 1 1 1' },
    quiet: '15s',
    fires: '45s',
  },
  {
    alert: 'SluiceHookCircuitOpen',
    why: '5 minutes after it has opened',
    series: { 'sluice_hook_circuit_open{instance="a", hook="cards"}': '0 1x40' },
    quiet: '5m',
    fires: '5m15s',
  },
  {
    alert: 'SluiceApiBehind',
    why: 'a minute after it has begun to read',
    series: { 'sluice_api_view_caught_up{instance="a"}': '1 0x10' },
    quiet: '1m',
    fires: '1m15s',
  },
  {
    alert: 'SluiceApiUnavailable',
    why: 'over 5 % of the calls',
    series: {
      [`http_request_duration_seconds_count{${CONFIRM}, status_code="200"}`]: '0+95x20 1995+90x40',
      [`http_request_duration_seconds_count{${CONFIRM}, status_code="503"}`]: '0+5x20 105+10x40',
    },
    quiet: '5m',
    fires: '10m',
  },
  {
    alert: 'SluiceApiRateLocal',
    why: 'the first call that Redis did not count',
    series: { 'sluice_api_rate_local_total{instance="a"}': '0 0 1 1 1' },
    quiet: '15s',
    fires: '45s',
  },
  {
    alert: 'SluiceApiAuditDropped',
    why: 'the first call that was not written down',
    series: { 'sluice_api_audit_events_dropped_total{instance="a"}': '0 0 1 1 1' },
    quiet: '15s',
    fires: '45s',
  },
]

/** The case as promtool reads it: JSON is YAML. */
function unitTest({ alert, series, quiet, fires }: AlertCase) {
  const firing = (time: string, count: number) => ({
    expr: `count(ALERTS{alertname="${alert}", alertstate="firing"}) or vector(0)`,
    eval_time: time,
    exp_samples: [{ labels: '{}', value: count }],
  })
  return {
    interval: '15s',
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [firing(quiet, 0), firing(fires, 1)],
  }
}

function promtoolTest(cases: readonly AlertCase[]) {
  const file = join(temporaryFolder(), 'cases.json')
  writeFileSync(
    file,
    JSON.stringify({ rule_files: RULE_FILES, evaluation_interval: '15s', tests: cases.map(unitTest) }),
  )
  return run('promtool', ['test', 'rules', file])
}

test('alerts: every rule has a case, and no case is of another', () => {
  expect(CASES.map(({ alert }) => alert).sort()).toEqual(
    alertingRules()
      .map(({ alert }) => alert)
      .sort(),
  )
})

test.each(CASES)('alerts: $alert fires $why, not before', (one) => {
  const { code, text } = promtoolTest([one])
  expect(code, text).toBe(0)
})

test('alerts: a case that is wrong about its threshold fails', () => {
  const lag = CASES.find(({ alert }) => alert === 'SluiceLagWarning') as AlertCase
  expect(promtoolTest([{ ...lag, series: { [`sluice_lag_seconds{${A_TASK}}`]: '31 31' } }]).code).not.toBe(0)
})

test.each([
  ['promtool', ['check', 'rules', ...RULE_FILES]],
  ['promtool', ['check', 'config', `${PROMETHEUS_FOLDER}prometheus.yml`]],
  ['amtool', ['check-config', `${PROMETHEUS_FOLDER}alertmanager.yml`]],
] as const)('alerts: %s finds nothing wrong (%j)', (program, args) => {
  const { code, text } = run(program, args)
  expect(code, text).toBe(0)
})

async function shownAlerts(url: string): Promise<string[]> {
  const shown = (await (await fetch(`${url}/api/v2/alerts?inhibited=false`)).json()) as { labels: object }[]
  return shown.map(({ labels }) => text(labels)).sort()
}

function text(labels: object | undefined): string {
  return JSON.stringify(labels)
}

test('alerts: the critical lag mutes the warning of the same task alone, and a dead process mutes its others', async () => {
  const url = `http://127.0.0.1:${await freePort()}`
  const args = [
    `--config.file=${PROMETHEUS_FOLDER}alertmanager.yml`,
    `--storage.path=${temporaryFolder()}`,
    `--web.listen-address=${new URL(url).host}`,
    '--cluster.listen-address=',
  ]
  await startServer('prometheus-alertmanager', args, `${url}/-/ready`)
  const alerts = [
    { alertname: 'SluiceLagCritical', instance: 'a', task_id: '0_1' },
    { alertname: 'SluiceLagWarning', instance: 'a', task_id: '0_1' },
    { alertname: 'SluiceLagWarning', instance: 'a', task_id: '0_2' },
    { alertname: 'SluiceDown', instance: 'b' },
    { alertname: 'SluiceNotRunning', instance: 'b', task_id: '0_1' },
  ]
  const sent = await fetch(`${url}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(alerts.map((labels) => ({ labels }))),
  })
  expect(sent.status).toBe(200)
  // Alertmanager takes alerts first and judges them a moment later.
  await expect
    .poll(() => shownAlerts(url), { timeout: 10_000 })
    .toEqual([alerts[0], alerts[2], alerts[3]].map(text).sort())
})
