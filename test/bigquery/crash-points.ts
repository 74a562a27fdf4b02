/** Who was killed never hears of anything again. */
const NEVER = new Promise<never>(() => {})

/**
 * The edges of a process that is killed at one of them: before a request is sent, or when it has taken effect and its answer
 * is on the way. Whatever else it had asked stays unanswered as well.
 */
export class CrashPoints {
  /** Requests so far. */
  met = 0
  /** Appends and jobs without an answer when the process was killed. */
  appendsLost = 0
  /** What each was, in order. */
  readonly asked: string[] = []
  /** Resolves with the kill. */
  readonly killed: Promise<void>
  private readonly at: number | null
  private readonly moment: 'before' | 'after'
  private readonly pending = new Map<number, string>()
  private kill: () => void = () => {}
  private dead = false

  constructor(at: number | null, moment: 'before' | 'after' = 'before') {
    this.at = at
    this.moment = moment
    this.killed = new Promise((resolve) => {
      this.kill = resolve
    })
  }

  async pass<T>(what: string, request: () => Promise<T>): Promise<T> {
    if (this.dead) return NEVER
    const number = ++this.met
    this.asked.push(what)
    const isMeant = number === this.at
    if (isMeant && this.moment === 'before') return this.die()
    this.pending.set(number, what)
    const answer = await request()
    if (isMeant && !this.dead) return this.die()
    if (this.dead) return NEVER
    this.pending.delete(number)
    return answer
  }

  /** `target` with each of these methods behind an edge. */
  around<T extends object>(target: T, methods: Readonly<Record<string, string>>): T {
    return new Proxy(target, {
      get: (_, name) => {
        const value = Reflect.get(target, name) as unknown
        if (typeof value !== 'function') return value
        const what = methods[String(name)]
        if (what === undefined) return value.bind(target)
        return (...given: unknown[]) => this.pass(what, () => value.apply(target, given) as Promise<unknown>)
      },
    })
  }

  private die(): Promise<never> {
    this.dead = true
    this.appendsLost = [...this.pending.values()].filter((what) => what === 'append' || what === 'start a job').length
    this.kill()
    return NEVER
  }
}
