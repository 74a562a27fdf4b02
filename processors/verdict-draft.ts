import { RecordDraft } from '../streams/record-draft.ts'
import type { CompiledRules } from './score/compiled-rules.ts'
import { NO_ROW } from './stores/layout.ts'
import { RevisedWindow } from './stores/revised-window.ts'

/** Ids of peers that a decision lists at most (SPEC V2). */
export const PEERS_MAX = 50
const PEER_BYTES = PEERS_MAX * 65

/**
 * What velocity, dedup, score and decide say about one payment. Each stage sets all of its own fields, so nothing needs to be
 * cleared between payments; times begin as not-a-number so that V8 keeps the fields as doubles.
 */
export class VerdictDraft extends RecordDraft {
  // The keyed hashes of id and content (SPEC D1, D2).
  id0 = 0
  id1 = 0
  id2 = 0
  id3 = 0
  fingerprint = 0
  // The keyed hash of the sender, and its row (-1 before its first payment).
  sender0 = 0
  sender1 = 0
  sender2 = 0
  sender3 = 0
  sender = NO_ROW
  /** The sender has a row, and was not idle for so long that it is forgotten (SPEC S2). */
  known = false
  eventTimeMs: number = Number.NaN
  amountMinor: number = Number.NaN
  /** Ordinal in CURRENCIES. */
  currency = 0
  /** 32-bit keyed hashes, 0 where the field is missing. */
  deviceHash = 0
  categoryHash = 0
  receiverHash = 0
  /** Ordinal of the region + 1, 0 where it is missing. */
  region = 0

  // velocity
  /** Stream time after this payment, were it a first sight. */
  streamTimeMs: number = Number.NaN
  late = false
  velocityCount = 0
  velocity5mCount = 0
  /** Entries of the sender's window that are still held, before this payment's own. */
  windowHeld = 0
  /** All held payments of the window have this one's amount and currency. */
  windowEqual = false
  saturated = false
  isVelocityFraud = false
  /** The other ids of a flagged window as Avro strings back to back; allocated by the slot's first flagged payment. */
  peers: Uint8Array = NO_BYTES
  peersLength = 0
  peersCount = 0
  devices1h = 0
  regions1h = 0

  // dedup
  firstOffset: number = Number.NaN
  firstStreamTimeMs: number = Number.NaN

  // remember
  /** This payment's own window entry, 0 for a late one. */
  entry = 0

  // score; bits are ordinals of Signal
  rules: CompiledRules = NO_RULES
  hits = 0
  missing = 0
  /** Signals in shadow that hit; they are in neither of the above. */
  shadowHits = 0
  excusable = false
  excused = false
  fraudScore = 0
  baselinePayments: number = Number.NaN

  // decide
  fraudCount = 0
  actions = 0
  firedActions = 0
  episodeOffset: number = Number.NaN
  blockUntilMs: number = Number.NaN
  outcome = 0
  decidedBy = 0
  revisedCount = 0
  readonly revised: RevisedWindow[] = []
  /** Range of the run's ended challenges and reviews that stream time passed with this payment. */
  endedFrom = 0
  endedTo = 0

  /** The next revised window to fill in. */
  addRevised(): RevisedWindow {
    const next = this.revised[this.revisedCount] ?? new RevisedWindow()
    this.revised[this.revisedCount++] = next
    return next
  }

  /** Room for the peers, kept for the slot's life. */
  peerRoom(): Uint8Array {
    if (this.peers.length === 0) this.peers = new Uint8Array(PEER_BYTES)
    return this.peers
  }
}

const NO_BYTES = new Uint8Array(0)
// Set by score for every payment that reaches a sink.
const NO_RULES = null as unknown as CompiledRules
