import { Command } from 'commander'
import { openDataFolder } from '../runtime/data-folder.ts'
import { print } from '../view/text.ts'
import { type CommonOptions, configOf } from './settings.ts'

/** `sluice keys` */
export function keysCommand(): Command {
  return new Command('keys')
    .description(
      'make a new signing key of access tokens in the data folder; the one before it stays good for checking',
    )
    .addHelpText(
      'after',
      '\nFor development: `sluice token` signs with the newest. A running API takes the new public key within a second, and the one' +
        '\nbefore it is dropped at the next `sluice keys`. The files are for their owner alone, outside the checkout.\n',
    )
    .action(async (_options, command: Command) => {
      const { addTokenKey, TOKEN_KEY_FILES } = await import('../runtime/api/token-keys.ts')
      const options = command.optsWithGlobals<CommonOptions>()
      const { keys } = openDataFolder(configOf(options))
      const kid = await addTokenKey(keys.folder)
      const { folder } = keys
      print(
        options.json
          ? JSON.stringify({ kid, folder })
          : `key ${kid} in ${folder}/${TOKEN_KEY_FILES.signing} signs from now on`,
      )
    })
}
