import { Command } from 'commander'
import { shownSettings } from '../../platform/config.ts'
import { print, styled } from '../view/text.ts'
import { type CommonOptions, configOf } from './settings.ts'

/** `sluice config` */
export function configCommand(): Command {
  return new Command('config')
    .description('print every setting: its variable, value, default and meaning')
    .addHelpText('after', '\nExamples:\n  sluice config\n  SLUICE_METRICS_PORT=0 sluice config --json\n')
    .action((_options, command: Command) => {
      const options = command.optsWithGlobals<CommonOptions>()
      const settings = shownSettings(configOf(options))
      if (options.json) return print(JSON.stringify(settings, null, 2))
      for (const { variable, value, byDefault, doc } of settings) {
        const changed = value === byDefault ? '' : styled('dim', ` (default ${byDefault || 'not set'})`)
        print(`${styled('bold', variable)}=${value}${changed}\n    ${styled('dim', doc)}`)
      }
    })
}
