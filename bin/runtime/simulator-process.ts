import type { Config } from '../../platform/config.ts'
import { ChildProgram } from './child-program.ts'

/** A simulator that has not flushed by then is ended; what it did not send nobody was promised. */
const STOP_WITHIN_MS = 5_000

/** `sluice simulate` in a process of its own, so that payments come from outside as they do in life. */
export class SimulatorProcess {
  private readonly child: ChildProgram

  /** `onDied` is told when it ends without being asked to. */
  constructor(config: Config, onDied: (why: string) => void) {
    const { simulateScenario, simulateRate, simulateSeed, dataFolder } = config
    const args = ['--scenario', simulateScenario, '--rate', String(simulateRate), '--seed', simulateSeed]
    this.child = new ChildProgram(['simulate', ...args, '--data', dataFolder], ({ why }) => onDied(why))
  }

  /** Ends it; resolves when it has flushed what it sent. */
  stop(): Promise<void> {
    return this.child.stop(STOP_WITHIN_MS)
  }
}
