import type { Severity } from '../../schemas/generated/enums.ts'
import type { TopAccount } from './views.ts'

const MINUTE_MS = 60_000
/** Minutes of the history, and of them those in which the top accounts are counted. */
const MINUTES = 30
const TOP_MINUTES = 5
const TOP = 8
/** Accounts counted in one minute; past it only those already there go on. */
const ACCOUNTS_MAX = 5_000

interface AccountMinute {
  alerts: number
  critical: boolean
}

interface Minute {
  alerts: number
  readonly accounts: Map<string, AccountMinute>
}

/** Counts alerts by the minute of their event time, and the accounts that they are about. */
export class FeedActivity {
  private readonly minutes = new Map<number, Minute>()

  add(eventTimeMs: number, account: string | null, severity: Severity): void {
    const number = Math.floor(eventTimeMs / MINUTE_MS)
    let minute = this.minutes.get(number)
    if (minute === undefined) {
      minute = { alerts: 0, accounts: new Map() }
      this.minutes.set(number, minute)
      this.forget()
    }
    minute.alerts++
    this.addAccount(eventTimeMs, account, severity)
  }

  /** Counts an alert at its account alone: its minute has it already. */
  addAccount(eventTimeMs: number, account: string | null, severity: Severity): void {
    const minute = this.minutes.get(Math.floor(eventTimeMs / MINUTE_MS))
    if (minute === undefined || account === null) return
    const counted = minute.accounts.get(account)
    if (counted !== undefined) {
      counted.alerts++
      counted.critical ||= severity === 'CRITICAL'
    } else if (minute.accounts.size < ACCOUNTS_MAX) {
      minute.accounts.set(account, { alerts: 1, critical: severity === 'CRITICAL' })
    }
  }

  /** Forgets whom alerts were about; how many there were stays. */
  forgetAccounts(): void {
    for (const { accounts } of this.minutes.values()) accounts.clear()
  }

  /** Alerts of each of the last minutes, oldest first; the last is the running one. */
  perMinute(nowMs: number): number[] {
    const now = Math.floor(nowMs / MINUTE_MS)
    return Array.from({ length: MINUTES }, (_, i) => this.minutes.get(now - MINUTES + 1 + i)?.alerts ?? 0)
  }

  /** The accounts with the most alerts in the last five minutes. */
  top(nowMs: number): TopAccount[] {
    const now = Math.floor(nowMs / MINUTE_MS)
    const sums = new Map<string, AccountMinute>()
    for (let number = now - TOP_MINUTES + 1; number <= now; number++) {
      for (const [account, { alerts, critical }] of this.minutes.get(number)?.accounts ?? []) {
        const sum = sums.get(account) ?? { alerts: 0, critical: false }
        sums.set(account, { alerts: sum.alerts + alerts, critical: sum.critical || critical })
      }
    }
    return [...sums]
      .sort(([a, { alerts: ofA }], [b, { alerts: ofB }]) => ofB - ofA || (a < b ? -1 : 1))
      .slice(0, TOP)
      .map(([account, { alerts, critical }]) => ({ account, alerts, worst: critical ? 'CRITICAL' : 'HIGH' }))
  }

  /** The newest minutes stay: event times may run in any order, and must not make more. */
  private forget(): void {
    if (this.minutes.size <= MINUTES) return
    this.minutes.delete(Math.min(...this.minutes.keys()))
  }
}
