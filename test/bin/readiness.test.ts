import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, renameSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkpointFolder, logFolder } from '../../bin/runtime/data-folder.ts'
import { APPLICATION_ID, INPUT_TOPIC } from '../../bin/runtime/session.ts'
import { readTopic } from '../../streams/embedded/catalog.ts'
import { openEmbeddedLog } from '../../streams/embedded/embedded-log.ts'
import { openEnvironment } from '../../streams/embedded/environment.ts'
import { closeTask, openTask } from '../../streams/embedded/task-commit.ts'
import { currentProcess } from '../../streams/machine/process-birth.ts'
import { freePort } from '../dashboards/programs.ts'
import { pipelineFolder } from './decided-folder.ts'
import { SluiceProcess, sluice, temporaryFolder } from './sluice-process.ts'

// Goal: whoever sends work to a process that cannot do it now is told so, by a real process in each such state.

interface Ready {
  readonly status: number
  readonly body: { readonly ready: boolean; readonly ending: boolean; readonly tasks: readonly { state: string }[] }
}

/** What readiness says, once the port answers. */
async function readiness(port: number): Promise<Ready> {
  for (;;) {
    const response = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => null)
    if (response !== null) return { status: response.status, body: (await response.json()) as Ready['body'] }
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function readyWhen(port: number, met: (ready: Ready) => boolean): Promise<Ready> {
  for (;;) {
    const ready = await readiness(port)
    if (met(ready)) return ready
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

/**
 * `up` with a simulator, once it has decided something; the simulator is held still, so that the end of `up` takes its time.
 * It sends one payment a second: stopped right behind a decision it holds no lock of the log, which all would wait for.
 */
async function upWithHeldSimulator(folder: string) {
  const port = await freePort()
  const up = new SluiceProcess(['up', '--port', String(port), '--rate', '1', '--data', folder])
  await up.says(/^decision /m)
  expect(await readiness(port)).toMatchObject({ status: 200, body: { ready: true, ending: false } })
  const children = readFileSync(`/proc/${up.child.pid}/task/${up.child.pid}/children`, 'utf8').trim().split(' ')
  expect(children).toHaveLength(1)
  const simulator = Number(children[0])
  process.kill(simulator, 'SIGSTOP')
  onTestFinished(() => {
    // It is gone when all went well.
    try {
      process.kill(simulator, 'SIGKILL')
    } catch {}
  })
  return { up, port, simulator }
}

/** Gives every task of a folder to this process, as if its owner were known to be dead. */
async function takeTaskOver(folder: string): Promise<void> {
  const directory = logFolder(folder)
  const log = await openEmbeddedLog({ directory, clock: { nowMs: Date.now } })
  const { folderId } = log.stat()
  await log.close()
  const settings = { directory, folderId, bytesMax: 1 << 30 }
  const catalog = openEnvironment({ ...settings, name: 'catalog' })
  const outputs = openEnvironment({ ...settings, name: 'outputs' })
  const topicId = readTopic(catalog.root, INPUT_TOPIC)?.topicId ?? Number.NaN
  for (let partition = 0; partition < 12; partition++) {
    const task = { applicationId: APPLICATION_ID, input: { topicId, topic: INPUT_TOPIC, partition } }
    outputs.write(() => {
      closeTask(outputs.root, { kind: 'close-task', ...task, epoch: 1 })
      openTask(outputs.root, { kind: 'open-task', ...task, process: currentProcess() })
    })
  }
  await Promise.all([catalog.close(), outputs.close()])
}

test('readiness: 503 while a task restores, then 200', async () => {
  const folder = temporaryFolder()
  const session = await pipelineFolder(folder, 500)
  await session.log.close()
  // A pipe in the place of a checkpoint: the restore reads it when somebody writes.
  const [name = ''] = readdirSync(checkpointFolder(folder)).filter((file) => file.startsWith(`${INPUT_TOPIC}-0-`))
  const checkpoint = join(checkpointFolder(folder), name)
  renameSync(checkpoint, join(folder, name))
  execFileSync('mkfifo', [checkpoint])
  const port = await freePort()
  const up = new SluiceProcess(['up', '--no-simulate', '--port', String(port), '--data', folder])
  // Health answers before there is any task.
  const othersRun = (tasks: readonly { state: string }[]) =>
    tasks.length > 1 && tasks.slice(1).every(({ state }) => state === 'RUNNING')
  const restoring = await readyWhen(port, ({ body }) => othersRun(body.tasks))
  expect(restoring).toMatchObject({ status: 503, body: { ready: false, ending: false } })
  expect(restoring.body.tasks[0]).toMatchObject({ state: 'RESTORING' })
  expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200)
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(metrics).toContain('sluice_task_running{task_id="0_0"} 0')
  expect(metrics).toContain('sluice_task_running{task_id="0_1"} 1')
  await (await open(checkpoint, 'w')).close()
  expect(await readyWhen(port, ({ status }) => status === 200)).toMatchObject({ body: { ready: true } })
  // Its checkpoint was no checkpoint, so all of its log was folded.
  const after = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(after).toMatch(/^kafka_streams_stream_task_metrics_restore_total\{task_id="0_0"\} [1-9]\d*$/m)
  expect(after).toContain('kafka_streams_stream_task_metrics_restore_remaining_records_total{task_id="0_0"} 0')
  up.child.kill('SIGTERM')
  expect(await up.ended).toBe(0)
}, 120_000)

test('readiness: 503 from the moment that the process is asked to end', async () => {
  const { up, port, simulator } = await upWithHeldSimulator(temporaryFolder())
  up.child.kill('SIGINT')
  expect(await readyWhen(port, ({ status }) => status === 503)).toMatchObject({ body: { ready: false, ending: true } })
  process.kill(simulator, 'SIGCONT')
  expect(await up.ended).toBe(0)
}, 120_000)

test('readiness: 503 once another process has taken a task over, and the process ends with the reason', async () => {
  const folder = temporaryFolder()
  const { up, port, simulator } = await upWithHeldSimulator(folder)
  await takeTaskOver(folder)
  const sent = sluice(['simulate', '--records', '100', '--rate', '1000', '--data', folder])
  const fenced = await readyWhen(port, ({ body }) => body.tasks.some(({ state }) => state === 'FENCED'))
  expect(fenced).toMatchObject({ status: 503, body: { ready: false } })
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  expect(metrics).toMatch(/^sluice_sessions_fenced_total\{task_id="0_\d+"\} 1$/m)
  process.kill(simulator, 'SIGCONT')
  expect(await up.ended).toBe(1)
  expect(up.stderr).toContain('has another owner')
  expect((await sent).code).toBe(0)
}, 120_000)

test('readiness: `simulate` without an end serves metrics and health as well', async () => {
  const sending = new SluiceProcess(['simulate', '--rate', '500', '--data', temporaryFolder()])
  const [, base = ''] = await sending.says(/(http:\/\/127\.0\.0\.1:\d+)/)
  expect((await fetch(`${base}/health/ready`)).status).toBe(200)
  await expect
    .poll(async () => (await fetch(`${base}/metrics`)).text(), { timeout: 20_000 })
    .toMatch(/^kafka_producer_producer_metrics_record_send_total [1-9]\d*$/m)
  sending.child.kill('SIGINT')
  expect(await sending.ended).toBe(0)
}, 120_000)
