import { lostProduceAnswers } from './f06.ts'
import type { Row } from './row.ts'

/** The fault matrix, in the order of its numbers. */
export const ROWS: readonly Row[] = [lostProduceAnswers]
