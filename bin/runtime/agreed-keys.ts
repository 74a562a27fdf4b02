import { TOPICS } from '../../schemas/topics.ts'
import { StreamsError } from '../../streams/errors.ts'
import type { CommittedOffset, Log, TopicPartition } from '../../streams/log/log.ts'
import { machineTime } from '../../streams/machine/machine-time.ts'
import { type Keys, KeysError, keyFingerprint } from './keys.ts'

/** The group whose one committed offset says with which keys a log's payments are decided. It consumes nothing. */
export const KEYS_GROUP = 'sluice-keys'
const MASK_KEY = 'mask key '
const PLACE = { topic: TOPICS.paymentsSubmitted.name, partition: 0 }
/** Somebody else is putting keys down: a sync, or a transaction. */
const AGAIN_MS = 20

type SomeKeys = Pick<Keys, 'folder' | 'maskKeys' | 'stateKey'>

/** Where keys are agreed on: the log, and what is committed there in the name of an application. */
export interface Agreeing {
  readonly log: Log
  readonly committedBy: (applicationId: string, input: TopicPartition) => Promise<CommittedOffset | null>
}

/**
 * Holds the keys of a process that decides against those that the first one came with; who is first puts theirs down. Other keys would
 * make other tokens of the same card, by who happens to own a partition. Returns the mask key that every partition starts with: the first one then.
 * @throws KeysError when a key is missing or another one. StreamsError by what happens next.
 */
export async function agreeOnKeys(at: Agreeing, keys: SomeKeys): Promise<string> {
  for (;;) {
    const first = await requireAgreedKeys(at, keys)
    if (first !== null) return first
    await putDown(at.log, (agreed) => (agreed === null ? textOf([...fingerprintsOf(keys)]) : null))
  }
}

/**
 * Puts down a mask key that is about to be in force, so that from now on nobody starts without it, or with another of that id.
 * @throws KeysError, StreamsError as `agreeOnKeys`
 */
export async function agreeOnMaskKey(at: Agreeing, keys: SomeKeys, id: string): Promise<void> {
  const name = `${MASK_KEY}${id}`
  const entry = [...fingerprintsOf(keys)].filter(([known]) => known === name)
  for (;;) {
    await agreeOnKeys(at, keys)
    const agreed = await at.committedBy(KEYS_GROUP, PLACE)
    if (agreed !== null && agreedFingerprints(agreed).some(([known]) => known === name)) return
    await putDown(at.log, (before) => textOf([...(before === null ? [] : agreedFingerprints(before)), ...entry]))
  }
}

/** The same for whoever reads or sends: null until somebody has put down their keys. @throws KeysError */
export async function requireAgreedKeys(
  { committedBy }: Pick<Agreeing, 'committedBy'>,
  keys: SomeKeys,
): Promise<string | null> {
  const agreed = await committedBy(KEYS_GROUP, PLACE)
  if (agreed === null) return null
  const own = fingerprintsOf(keys)
  const fingerprints = agreedFingerprints(agreed)
  for (const [name, fingerprint] of fingerprints) {
    const found = own.get(name)
    if (found === fingerprint) continue
    const what = found === undefined ? 'is missing' : 'is another one'
    throw new KeysError(
      `the ${name} in ${keys.folder} ${what} than this log's payments are decided with; put a copy of the right keys there, or name their folder with SLUICE_KEYS`,
    )
  }
  const [first = ''] = fingerprints.map(([name]) => name)
  return first.slice(MASK_KEY.length)
}

interface Ringed {
  readonly keys: Pick<Keys, 'maskKeys'>
  readonly initialMaskKey: string
}

/** The mask keys with the one first that every partition starts with, in whatever order their file has them now (ADR 0072). */
export function ringOf({ keys, initialMaskKey }: Ringed): Keys['maskKeys'] {
  return keys.maskKeys.toSorted((a, b) => Number(b.id === initialMaskKey) - Number(a.id === initialMaskKey))
}

/** Brokers forget offsets that are committed by no member; a worker says again what is agreed. */
export async function renewAgreedKeys(log: Log): Promise<void> {
  const group = log.group(KEYS_GROUP)
  const agreed = await group.committed(PLACE)
  if (agreed !== null) await group.commit(PLACE, agreed)
}

/** In a session whose id fences whoever does the same at that moment: one of two who come first finds what the other put down. */
async function putDown(log: Log, next: (agreed: CommittedOffset | null) => string | null): Promise<void> {
  try {
    const session = await log.openTask(KEYS_GROUP, PLACE)
    try {
      const metadata = next(await session.committed())
      if (metadata === null) return
      session.begin()
      await session.sendOffset({ offset: 0, metadata })
      await session.end()
    } finally {
      await session.close()
    }
  } catch (error) {
    // Another one has the word, or what became of this one's is not known: it is read again.
    if (!(error instanceof StreamsError) || (error.next !== 'fenced' && error.next !== 'abort')) throw error
    await machineTime.wait(AGAIN_MS)
  }
}

/** By what a person calls the key; the mask keys stand first, in their order. */
function fingerprintsOf({ maskKeys, stateKey }: SomeKeys): Map<string, string> {
  const fingerprints = new Map(maskKeys.map(({ id, secret }) => [`${MASK_KEY}${id}`, keyFingerprint(secret)]))
  return fingerprints.set('state key', keyFingerprint(stateKey))
}

function textOf(fingerprints: readonly (readonly [name: string, fingerprint: string])[]): string {
  return fingerprints.map(([name, of]) => `${name}=${of}`).join(';')
}

function agreedFingerprints({ metadata }: CommittedOffset): (readonly [name: string, fingerprint: string])[] {
  return metadata.split(';').map((entry) => {
    const at = entry.lastIndexOf('=')
    return [entry.slice(0, at), entry.slice(at + 1)] as const
  })
}
