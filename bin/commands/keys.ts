import { Command, Option } from 'commander'
import { SEALING_ALGORITHMS, type SealingAlgorithm } from '../../schemas/sealed-body.ts'
import { openDataFolder } from '../runtime/data-folder.ts'
import { print } from '../view/text.ts'
import { type CommonOptions, configOf } from './settings.ts'

interface KeysOptions extends CommonOptions {
  readonly for: 'tokens' | 'bodies'
  readonly alg: SealingAlgorithm
}

/** `sluice keys` */
export function keysCommand(): Command {
  return new Command('keys')
    .description(
      'make a new key of access tokens or of encrypted bodies in the data folder; the one before it stays good',
    )
    .addOption(new Option('--for <use>', 'what it is for').choices(['tokens', 'bodies']).default('tokens'))
    .addOption(
      new Option('--alg <name>', 'how bodies are encrypted to it').choices(SEALING_ALGORITHMS).default('ECDH-ES'),
    )
    .addHelpText(
      'after',
      '\nTokens, for development: `sluice token` signs with the newest. Bodies: clients encrypt to the public keys of body-jwks.json.' +
        '\nA running API takes the new key within a second (the first of bodies at its next start), and the one before it is dropped at' +
        '\nthe next `sluice keys`. The files are for their owner alone, outside the checkout.' +
        '\n\nExamples:\n  sluice keys\n  sluice keys --for bodies --alg RSA-OAEP-256\n',
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<KeysOptions>()
      const { folder } = openDataFolder(configOf(options)).keys
      const { kid, says } = await (options.for === 'bodies' ? bodyKey(folder, options.alg) : tokenKey(folder))
      print(options.json ? JSON.stringify({ kid, folder }) : says)
    })
}

async function tokenKey(folder: string) {
  const { addTokenKey, TOKEN_KEY_FILES } = await import('../runtime/api/token-keys.ts')
  const kid = await addTokenKey(folder)
  return { kid, says: `key ${kid} in ${folder}/${TOKEN_KEY_FILES.signing} signs from now on` }
}

async function bodyKey(folder: string, alg: SealingAlgorithm) {
  const { addBodyKey, BODY_KEY_FILES } = await import('../runtime/api/body-keys.ts')
  const kid = await addBodyKey(folder, alg)
  return {
    kid,
    says: `bodies are encrypted to key ${kid} (${alg}) from now on; clients need ${folder}/${BODY_KEY_FILES.public}`,
  }
}
