import { FORGERIES, forgeTooLarge } from '../forgeries.ts'
import type { LabelledRecord } from '../labelled-record.ts'
import { makePerson } from '../person.ts'
import { type Episode, repeatedly } from '../scenario.ts'

const NAME = 'poison'
/** Records over the size limit are rare, or a long run would be mostly their zeros. */
const TOO_LARGE_EVERY = 500
const TOO_LARGE_AT = 7

/**
 * One record that no chain can decide, each episode the next kind of `FORGERIES`. It must become a dead letter with
 * that reason, and the partition must move on (SPEC X5).
 */
export const poisonEpisode: Episode = (run, index, startMs) => {
  const person = makePerson(run.account('poisoner', index), run.random(`${NAME} ${index}`), 'US')
  const forgery = index % TOO_LARGE_EVERY === TOO_LARGE_AT ? forgeTooLarge : FORGERIES[index % FORGERIES.length]
  if (forgery === undefined) throw new RangeError('there is no forgery to choose')
  const record: LabelledRecord = {
    intendedSendMs: startMs,
    key: person.account,
    payment: null,
    value: forgery.value({
      person,
      transactionId: run.transactionId(NAME, index),
      eventTimeMs: startMs,
      schemaId: run.settings.paymentSchemaId,
    }),
    label: {
      isFraud: false,
      scenario: NAME,
      listed: false,
      expectation: { disposition: 'dead-letter', reason: forgery.reason },
    },
  }
  return [record]
}

export const poison = repeatedly(
  NAME,
  'values that are no payments: null, bad magic, unknown schema, truncated, wrong types, too large, bad fields',
  poisonEpisode,
)
