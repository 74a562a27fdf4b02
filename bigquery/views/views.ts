import { ACTIVE_HIGH_RISK_ACCOUNTS } from './active-high-risk-accounts.ts'
import { DEDUPLICATION_EFFECTIVENESS } from './deduplication-effectiveness.ts'
import { FRAUD_SUMMARY } from './fraud-summary.ts'
import { MASKING_PROOF } from './masking-proof.ts'
import { VELOCITY_FRAUD_ANALYSIS } from './velocity-fraud-analysis.ts'
import type { View } from './view.ts'

/** Every view of the archive. */
export const VIEWS: readonly View[] = [
  FRAUD_SUMMARY,
  VELOCITY_FRAUD_ANALYSIS,
  ACTIVE_HIGH_RISK_ACCOUNTS,
  DEDUPLICATION_EFFECTIVENESS,
  MASKING_PROOF,
]
