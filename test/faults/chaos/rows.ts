import { killedWorkers } from './f01.ts'
import { zombies } from './f04.ts'
import { lateWritesBehindCommits } from './f05.ts'
import { lostProduceAnswers } from './f06.ts'
import { lateTransactionSteps } from './f07.ts'
import { killedBrokers } from './f08.ts'
import { absentBrokers } from './f09.ts'
import { timedOutTransactions } from './f10.ts'
import { failingDisks } from './f12.ts'
import { damagedCheckpoints } from './f13.ts'
import { missingHistory } from './f14.ts'
import { abortedInput } from './f15.ts'
import { hangingTransaction } from './f16.ts'
import { duplicateStorm } from './f25.ts'
import { conflictingIds } from './f26.ts'
import { poison } from './f27.ts'
import { wrongClocks } from './f30.ts'
import { stalledLoop } from './f31.ts'
import { endsAndDoubleStarts } from './f33.ts'
import type { Row } from './row.ts'

/** The fault matrix, in the order of its numbers: the rows that were seen to hold. */
export const ROWS: readonly Row[] = [
  killedWorkers,
  zombies,
  lateWritesBehindCommits,
  lostProduceAnswers,
  lateTransactionSteps,
  killedBrokers,
  absentBrokers,
  timedOutTransactions,
  failingDisks,
  damagedCheckpoints,
  missingHistory,
  abortedInput,
  hangingTransaction,
  duplicateStorm,
  conflictingIds,
  poison,
  wrongClocks,
  stalledLoop,
  endsAndDoubleStarts,
]
