import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { CallLine, EndLine, HistoryLine, LogRows } from './checker/history.ts'

/** Everything that clients did, written down before it was done. One process has all clients, so all times are of one clock. */
export class Recorder {
  readonly lines: HistoryLine[] = []
  private readonly open = new Map<number, string>()
  private waiting: (() => void)[] = []
  private calls = 0

  /** Answers the call's number. */
  begin(call: Omit<CallLine, 'type' | 'n' | 'atMs'>): number {
    const n = this.calls++
    this.lines.push({ ...call, type: 'call', n, atMs: performance.now() })
    this.open.set(n, call.life)
    for (const wake of this.waiting.splice(0)) wake()
    return n
  }

  end(n: number, { status, text }: Pick<EndLine, 'status' | 'text'>): void {
    this.open.delete(n)
    this.lines.push({ type: 'end', n, status, text, atMs: performance.now() })
  }

  /** No answer came, and none will. */
  cut(n: number): void {
    this.open.delete(n)
  }

  /** Calls under way to the instances that `life` takes. */
  inFlight(isOf: (life: string) => boolean): number {
    return [...this.open.values()].filter(isOf).length
  }

  /** Resolves with their number once there is one. */
  async untilInFlight(isOf: (life: string) => boolean): Promise<number> {
    for (;;) {
      const count = this.inFlight(isOf)
      if (count > 0) return count
      await new Promise<void>((resolve) => this.waiting.push(resolve))
    }
  }

  write(folder: string, log: LogRows): void {
    writeFileSync(join(folder, 'history.jsonl'), this.lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    writeFileSync(join(folder, 'log.json'), JSON.stringify(log))
  }
}
