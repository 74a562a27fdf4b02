import type { PipelineView } from '../../../dashboards/board/views.ts'
import type { DeadLetterReader } from '../../../schemas/generated/dead-letter.ts'
import type { DeadLetterReason } from '../../../schemas/generated/enums.ts'

type Counted = PipelineView['deadLetters'][number]

/** What could not be processed, by reason: how often since the log begins, and the last of each. */
export class DeadLetterCounts {
  private readonly byReason = new Map<DeadLetterReason, Counted>()

  add(letter: DeadLetterReader, appendTimeMs: number): void {
    const { reasonSymbol: reason, detail, inputTopic, inputPartition, inputOffset } = letter
    const before = this.byReason.get(reason)
    const isLast = appendTimeMs >= (before?.lastAt ?? 0)
    const count = (before?.count ?? 0) + 1
    const last = {
      lastDetail: detail,
      lastAt: appendTimeMs,
      lastPlace: `${inputTopic}-${inputPartition} offset ${inputOffset}`,
    }
    this.byReason.set(reason, { ...(before ?? last), ...(isLast ? last : {}), reason, count })
  }

  view(): Counted[] {
    return [...this.byReason.values()].sort((a, b) => b.count - a.count)
  }
}
