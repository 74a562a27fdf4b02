import type { Config } from '../../../platform/config.ts'
import { ChildProgram } from '../child-program.ts'

/** An archiver that has not flushed by then is ended; the next one goes on where its file stands. */
const STOP_WITHIN_MS = 10_000
const RESTART_FIRST_MS = 1_000
const RESTART_MAX_MS = 60_000

/**
 * `sluice archive` in a process of its own: whatever DuckDB does with its threads and memory, decisions do not wait for it.
 * One that was killed or crashed is started again; one that has said why it ends is not.
 */
export class ArchiverChild {
  /** Whether it runs, as far as anybody knows. */
  state: 'RUNNING' | 'RESTARTING' | 'ENDED' = 'RUNNING'
  private readonly config: Config
  private readonly complain: (text: string) => void
  private child: ChildProgram
  private restart: NodeJS.Timeout | null = null
  private delayMs = RESTART_FIRST_MS

  constructor(config: Config, complain: (text: string) => void) {
    this.config = config
    this.complain = complain
    this.child = this.start()
  }

  async stop(): Promise<void> {
    if (this.restart !== null) clearTimeout(this.restart)
    await this.child.stop(STOP_WITHIN_MS)
    this.state = 'ENDED'
  }

  private start(): ChildProgram {
    this.state = 'RUNNING'
    return new ChildProgram(['archive', '--data', this.config.dataFolder], ({ why, crashed }) => {
      if (!crashed) {
        this.state = 'ENDED'
        this.complain(`the archiver ended, decisions go on: ${why}`)
        return
      }
      this.state = 'RESTARTING'
      this.complain(`the archiver crashed and starts again, decisions go on: ${why}`)
      this.restart = setTimeout(() => {
        this.child = this.start()
      }, this.delayMs)
      this.delayMs = Math.min(this.delayMs * 2, RESTART_MAX_MS)
    })
  }
}
