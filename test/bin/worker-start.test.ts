import { expect, test } from 'vitest'
import { freePort } from '../dashboards/programs.ts'
import { SluiceProcess, temporaryFolder } from './sluice-process.ts'

// Goal: a worker that is started while its cluster is away waits for it, as one that is at work does.

test('worker: a cluster that does not answer at the start is asked again until Ctrl-C', {
  timeout: 300_000,
}, async () => {
  const broker = `127.0.0.1:${await freePort()}`
  const worker = new SluiceProcess(['worker'], { SLUICE_DATA: temporaryFolder(), SLUICE_KAFKA_BOOTSTRAP: broker })
  let over = false
  void worker.ended.then(() => {
    over = true
  })
  const asked = () => worker.stderr.split('no broker answers').length - 1
  while (asked() < 2 && !over)
    await Promise.race([worker.ended, new Promise((resolve) => worker.child.stderr?.once('data', resolve))])
  expect(worker.stderr).toContain(broker)
  expect(over, worker.stderr).toBe(false)
  worker.child.kill('SIGINT')
  expect(await worker.ended).toBe(1)
  expect(worker.stdout).toBe('')
})
