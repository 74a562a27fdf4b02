/** What a run did and compared. One that did nothing, or nothing while there was work, proves nothing. */
export class Tally {
  /** How often the fault struck. */
  fired = 0
  /** Input records without a committed disposition at the moments of the faults, summed. */
  inFlight = 0
  /** Input records and output records that were held against an uncrashed run. */
  inputs = 0
  outputs = 0

  /** @throws when the run has proved nothing. */
  requireProof(): void {
    for (const [what, count] of Object.entries({ ...this })) {
      if (!(count > 0)) throw new Error(`${what} is ${count}: this run has proved nothing`)
    }
  }
}
