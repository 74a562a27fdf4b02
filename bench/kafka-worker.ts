import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Ground } from './kafka-ground.ts'

/** One `sluice worker` in a process of its own. */
export class WorkerProcess {
  static readonly started = new Set<WorkerProcess>()
  private readonly child: ChildProcess
  private readonly url: Promise<string>

  constructor({ bootstrap, folder }: Pick<Ground, 'bootstrap' | 'folder'>, name: string) {
    const program = join(import.meta.dirname, '../bin/sluice.js')
    const { PATH = '', HOME = '' } = process.env
    const settings = { PATH, HOME, SLUICE_DATA: join(folder, 'data'), SLUICE_KAFKA_BOOTSTRAP: bootstrap }
    this.child = spawn(process.execPath, [program, 'worker', '--name', name, '--port', '0'], {
      env: settings,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    WorkerProcess.started.add(this)
    this.url = new Promise((resolve, reject) => {
      let said = ''
      this.child.stdout?.on('data', (chunk: Buffer) => {
        said += chunk
        const url = /health on (http:[^;]+);/.exec(said)?.[1]
        if (url !== undefined) resolve(url)
      })
      this.child.once('exit', () => reject(new Error(`the worker ended: ${said}`)))
    })
  }

  /** Resolves once the group knows it and it processes at least so many partitions. */
  async ready(tasks: number): Promise<void> {
    const url = await this.url
    for (;;) {
      const answer = await fetch(`${url}/health/ready`)
      const health = (await answer.json()) as { readonly tasks: readonly unknown[] }
      if (answer.status === 200 && health.tasks.length >= tasks) return
      await pause(5)
    }
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    const ended = new Promise((resolve) => this.child.once('exit', resolve))
    if (this.child.exitCode === null && this.child.kill(signal)) await ended
    WorkerProcess.started.delete(this)
  }
}
