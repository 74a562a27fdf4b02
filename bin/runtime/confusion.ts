import { TOPICS } from '../../schemas/topics.ts'
import { scanPartition } from './partition-scan.ts'
import { OutputValues } from './record-values.ts'
import type { Session } from './session.ts'

/** One line of a confusion table; *stopped* is every outcome but approve. */
export interface ConfusionRow {
  readonly scenario: string
  fraudStopped: number
  fraudPassed: number
  cleanStopped: number
  cleanPassed: number
}

/** Labels of payments by transaction id, and how their decisions stand against them. */
export class Confusion {
  private readonly scenarios: string[] = []
  /** Scenario ordinal times two, plus one for fraud. */
  private readonly labels = new Map<string, number>()

  add(transactionId: string, isFraud: boolean, scenario: string): void {
    let ordinal = this.scenarios.indexOf(scenario)
    if (ordinal < 0) ordinal = this.scenarios.push(scenario) - 1
    this.labels.set(transactionId, 2 * ordinal + (isFraud ? 1 : 0))
  }

  /** Rows by scenario, and the sum over all as the last one. Reads every retained decision. */
  async rows(session: Session): Promise<readonly ConfusionRow[]> {
    const rows = [...this.scenarios, 'all'].map((scenario): ConfusionRow => {
      return { scenario, fraudStopped: 0, fraudPassed: 0, cleanStopped: 0, cleanPassed: 0 }
    })
    const all = rows.at(-1)
    const values = new OutputValues(session.ids)
    const { name, partitions } = TOPICS.paymentsDecided
    for (let partition = 0; partition < partitions; partition++) {
      const at = { topic: name, partition }
      const { startOffset, endOffset } = await session.log.bounds(at)
      await scanPartition(session.log, at, startOffset, endOffset, (record, view) => {
        const decision = values.decisionOf(record, view)
        const label = decision === null ? undefined : this.labels.get(decision.transactionId)
        if (decision === null || label === undefined) return
        const cell = cellOf((label & 1) === 1, decision.outcomeSymbol !== 'approve')
        for (const row of [rows[label >> 1], all]) if (row !== undefined) row[cell]++
      })
    }
    return rows
  }
}

function cellOf(isFraud: boolean, isStopped: boolean): Exclude<keyof ConfusionRow, 'scenario'> {
  if (isFraud) return isStopped ? 'fraudStopped' : 'fraudPassed'
  return isStopped ? 'cleanStopped' : 'cleanPassed'
}
