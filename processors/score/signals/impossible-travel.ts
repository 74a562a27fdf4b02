import type { PaymentSubmittedReader } from '../../../schemas/generated/payment-submitted.ts'
import { NEVER_MS, type Senders } from '../../stores/senders.ts'
import { HIT, MISS, MISSING, type SignalRule } from './signal.ts'

const HOUR_MS = 3_600_000
const RADIANS = Math.PI / 180
/** Mean radius of the earth, IUGG. */
const EARTH_RADIUS_KM = 6_371.0088

/**
 * IMPOSSIBLE_TRAVEL: the sender cannot have come here in the time. By coordinates where this payment and the last known position have them
 * (short distances excepted: positions are not that exact), else by region.
 */
export const impossibleTravelSignal: SignalRule = (payment, draft, { senders }) => {
  if (!payment.hasLatitude && draft.region === 0) return MISSING
  if (!draft.known) return MISS
  const { max_kmh, min_km, region_window_ms } = draft.rules.rules.signals.IMPOSSIBLE_TRAVEL
  if (payment.hasLatitude && senders.positionMs !== NEVER_MS) {
    const hours = Math.abs(draft.eventTimeMs - senders.positionMs) / HOUR_MS
    const distanceKm = distance(senders.latitude, senders.longitude, payment.latitude, payment.longitude)
    return distanceKm > min_km && distanceKm > max_kmh * hours ? HIT : MISS
  }
  if (draft.region === 0 || senders.lastRegion === 0 || senders.lastRegion === draft.region) return MISS
  return Math.abs(draft.eventTimeMs - senders.lastRegionMs) <= region_window_ms ? HIT : MISS
}

/** Notes where the sender was; a payment of an earlier event time does not move it back. */
export function notePlace(
  payment: PaymentSubmittedReader,
  eventTimeMs: number,
  region: number,
  senders: Senders,
): void {
  if (payment.hasLatitude && eventTimeMs >= senders.positionMs) {
    senders.setPosition(eventTimeMs, payment.latitude, payment.longitude)
  }
  if (region !== 0 && eventTimeMs >= senders.lastRegionMs) senders.setLastRegion(eventTimeMs, region)
}

/** Great-circle distance in km of two positions in degrees (haversine). */
export function distance(latitude1: number, longitude1: number, latitude2: number, longitude2: number): number {
  const halfLatitude = Math.sin(((latitude2 - latitude1) * RADIANS) / 2)
  const halfLongitude = Math.sin(((longitude2 - longitude1) * RADIANS) / 2)
  const chord =
    halfLatitude * halfLatitude +
    Math.cos(latitude1 * RADIANS) * Math.cos(latitude2 * RADIANS) * halfLongitude * halfLongitude
  return 2 * EARTH_RADIUS_KM * Math.asin(Math.min(1, Math.sqrt(chord)))
}
