import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { EmbeddedOtpStore } from '../../../otp/embedded-store.ts'
import type { HeldChallenge, OtpStore } from '../../../otp/otp-store.ts'
import type { Log } from '../../../streams/log/log.ts'
import type { Session } from '../session.ts'
import { limitsOf, openOtpStore, otpDirectory } from './otp.ts'

type CodesSession = Pick<Session<Log>, 'config' | 'folder'>

/** The challenges of the accounts that `isIt` names, wherever codes are kept or were. @throws StreamsError */
export async function heldChallenges(
  session: CodesSession,
  isIt: (accountId: string) => boolean,
  nowMs: number,
): Promise<readonly HeldChallenge[]> {
  const held: HeldChallenge[] = []
  await withStores(session, nowMs, async (store) => void held.push(...(await store.challengesOf(isIt))))
  return held
}

/**
 * Forgets the challenges of the accounts that `isIt` names and that ended a day ago, whether or not anybody keeps codes any more, and takes
 * what was forgotten out of the data folder's file. @throws StreamsError
 */
export async function eraseCodes(
  session: CodesSession,
  isIt: (accountId: string) => boolean,
  nowMs: number,
): Promise<void> {
  const endedBeforeMs = nowMs - limitsOf(session.config).keptMs
  await withStores(session, nowMs, async (store) => {
    const over = (await store.challengesOf(isIt)).filter(({ endsMs }) => endsMs <= endedBeforeMs)
    await store.forget(over.map(({ challengeId }) => challengeId))
    if (store instanceof EmbeddedOtpStore) await store.overwriteFreePages()
  })
}

/** The data folder's store where there is one, and the Redis of the settings. */
async function withStores(
  session: CodesSession,
  nowMs: number,
  work: (store: OtpStore) => Promise<void>,
): Promise<void> {
  const directory = otpDirectory(session.folder)
  const clock = { nowMs: () => nowMs }
  const opened: (() => Promise<OtpStore>)[] = []
  if (existsSync(join(directory, 'data.mdb'))) {
    opened.push(async () => new EmbeddedOtpStore({ directory, limits: limitsOf(session.config), clock }))
  }
  if (session.config.otpStore === 'redis') opened.push(() => openOtpStore(session))
  for (const open of opened) {
    const store = await open()
    try {
      await work(store)
    } finally {
      await store.close()
    }
  }
}
