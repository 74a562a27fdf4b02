import { StreamsError } from '../../streams/errors.ts'
import type { CommittedOffset, Log } from '../../streams/log/log.ts'
import { type Keys, KeysError, keyFingerprint } from './keys.ts'
import { APPLICATION_ID, INPUT_TOPIC } from './session.ts'

/** The group whose one committed offset says with which keys a cluster's payments are decided. It consumes nothing. */
export const KEYS_GROUP: string = `${APPLICATION_ID}-keys`
const MASK_KEY = 'mask key '
const PLACE = { topic: INPUT_TOPIC, partition: 0 }

type SomeKeys = Pick<Keys, 'folder' | 'maskKeys' | 'stateKey'>

/**
 * Holds the keys of a worker against those that the first worker of the cluster came with; who is first puts theirs down. Other keys would
 * make other tokens of the same card, by who happens to own a partition. Returns the mask key that every partition starts with: the one that stood first then.
 * @throws KeysError when a key is missing or another one. StreamsError by what happens next.
 */
export async function agreeOnKeys(log: Log, keys: SomeKeys): Promise<string> {
  for (;;) {
    const first = await requireAgreedKeys(log, keys)
    if (first !== null) return first
    await proposeKeys(log, keys)
  }
}

/** The same for whoever reads or sends: null until a worker has put down its keys. @throws KeysError */
export async function requireAgreedKeys(log: Log, keys: SomeKeys): Promise<string | null> {
  const agreed = await log.group(KEYS_GROUP).committed(PLACE)
  if (agreed === null) return null
  const own = fingerprintsOf(keys)
  const fingerprints = agreedFingerprints(agreed)
  for (const [name, fingerprint] of fingerprints) {
    const found = own.get(name)
    if (found === fingerprint) continue
    const what = found === undefined ? 'is missing' : 'is another one'
    throw new KeysError(
      `the ${name} in ${keys.folder} ${what} than the workers of this cluster have; put a copy of their keys there, or name its folder with SLUICE_KEYS`,
    )
  }
  const [first = ''] = fingerprints.map(([name]) => name)
  return first.slice(MASK_KEY.length)
}

/** Brokers forget offsets that are committed by no member; a worker says again what is agreed. */
export async function renewAgreedKeys(log: Log): Promise<void> {
  const group = log.group(KEYS_GROUP)
  const agreed = await group.committed(PLACE)
  if (agreed !== null) await group.commit(PLACE, agreed)
}

/** In a transaction whose id fences whoever does the same at that moment: one of two who come first finds what the other put down. */
async function proposeKeys(log: Log, keys: SomeKeys): Promise<void> {
  const session = await log.openTask(KEYS_GROUP, PLACE)
  try {
    if ((await session.committed()) !== null) return
    session.begin()
    await session.sendOffset({
      offset: 0,
      metadata: [...fingerprintsOf(keys)].map(([name, of]) => `${name}=${of}`).join(';'),
    })
    await session.end()
  } catch (error) {
    // Another one has the word, or what became of this one's is not known: it is read again.
    if (!(error instanceof StreamsError) || (error.next !== 'fenced' && error.next !== 'abort')) throw error
  } finally {
    await session.close()
  }
}

/** By what a person calls the key; the mask keys stand first, in their order. */
function fingerprintsOf({ maskKeys, stateKey }: SomeKeys): Map<string, string> {
  const fingerprints = new Map(maskKeys.map(({ id, secret }) => [`${MASK_KEY}${id}`, keyFingerprint(secret)]))
  return fingerprints.set('state key', keyFingerprint(stateKey))
}

function agreedFingerprints({ metadata }: CommittedOffset): (readonly [name: string, fingerprint: string])[] {
  return metadata.split(';').map((entry) => {
    const at = entry.lastIndexOf('=')
    return [entry.slice(0, at), entry.slice(at + 1)] as const
  })
}
