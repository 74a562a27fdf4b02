import { killedWorkers } from './f01.ts'
import { killedInCheckpoints } from './f02.ts'
import { killedInRestores } from './f03.ts'
import { zombies } from './f04.ts'
import { lateWritesBehindCommits } from './f05.ts'
import { lostProduceAnswers } from './f06.ts'
import { lateTransactionSteps } from './f07.ts'
import { killedBrokers } from './f08.ts'
import { absentBrokers } from './f09.ts'
import { timedOutTransactions } from './f10.ts'
import { rebalanceStorm } from './f11.ts'
import { failingDisks } from './f12.ts'
import { damagedCheckpoints } from './f13.ts'
import { missingHistory } from './f14.ts'
import { abortedInput } from './f15.ts'
import { hangingTransaction } from './f16.ts'
import { duplicateStorm } from './f25.ts'
import { conflictingIds } from './f26.ts'
import { poison } from './f27.ts'
import { absentRegistry } from './f28.ts'
import { badValues } from './f29.ts'
import { wrongClocks } from './f30.ts'
import { stalledLoop } from './f31.ts'
import { endsAndDoubleStarts } from './f33.ts'
import { unwritableDlq } from './f34.ts'
import type { Row } from './row.ts'

/** The fault matrix, in the order of its numbers. */
export const ROWS: readonly Row[] = [
  killedWorkers,
  killedInCheckpoints,
  killedInRestores,
  zombies,
  lateWritesBehindCommits,
  lostProduceAnswers,
  lateTransactionSteps,
  killedBrokers,
  absentBrokers,
  timedOutTransactions,
  rebalanceStorm,
  failingDisks,
  damagedCheckpoints,
  missingHistory,
  abortedInput,
  hangingTransaction,
  duplicateStorm,
  conflictingIds,
  poison,
  absentRegistry,
  badValues,
  wrongClocks,
  stalledLoop,
  endsAndDoubleStarts,
  unwritableDlq,
]
