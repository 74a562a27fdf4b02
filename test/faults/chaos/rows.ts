import { killedWorkers } from './f01.ts'
import { zombies } from './f04.ts'
import { lostProduceAnswers } from './f06.ts'
import { lateTransactionSteps } from './f07.ts'
import { killedBrokers } from './f08.ts'
import { poison } from './f27.ts'
import type { Row } from './row.ts'

/** The fault matrix, in the order of its numbers. */
export const ROWS: readonly Row[] = [
  killedWorkers,
  zombies,
  lostProduceAnswers,
  lateTransactionSteps,
  killedBrokers,
  poison,
]
