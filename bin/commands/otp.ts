import { Command } from 'commander'
import { openDataFolder } from '../runtime/data-folder.ts'
import { openOtpStore } from '../runtime/otp/otp.ts'
import { print } from '../view/text.ts'
import { type CommonOptions, configOf } from './settings.ts'

/** `sluice otp` */
export function otpCommand(): Command {
  return new Command('otp')
    .description('one-time codes of single accounts: see a lock, end it')
    .addCommand(
      new Command('show')
        .description('print whether the account is locked, and how long')
        .argument('<account>')
        .action((account: string, _options, command: Command) => runShow(account, command.optsWithGlobals())),
    )
    .addCommand(
      new Command('unlock')
        .description('let the account have codes again at once, and forget what counts against it')
        .argument('<account>')
        .action((account: string, _options, command: Command) => runUnlock(account, command.optsWithGlobals())),
    )
    .addHelpText(
      'after',
      '\nFive wrong codes lock an account for SLUICE_OTP_LOCK_MS. Unlock one only after its holder was recognised by other means.' +
        '\n\nExamples:\n  sluice otp show acc-17\n  sluice otp unlock acc-17\n',
    )
}

async function runShow(accountId: string, options: CommonOptions): Promise<void> {
  const lockedForMs = await withStore(options, (store) => store.lockedForMs(accountId))
  if (options.json) print(JSON.stringify({ account_id: accountId, locked_for_ms: lockedForMs }))
  else
    print(
      `${accountId}: ${lockedForMs === 0 ? 'not locked' : `locked for another ${Math.ceil(lockedForMs / 1_000)} s`}`,
    )
}

async function runUnlock(accountId: string, options: CommonOptions): Promise<void> {
  await withStore(options, (store) => store.unlock(accountId))
  if (options.json) print(JSON.stringify({ account_id: accountId, locked_for_ms: 0 }))
  else print(`${accountId}: may have codes again`)
}

async function withStore<T>(
  options: CommonOptions,
  work: (store: Awaited<ReturnType<typeof openOtpStore>>) => Promise<T>,
): Promise<T> {
  const config = configOf(options)
  const store = await openOtpStore({ config, folder: openDataFolder(config) })
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}
