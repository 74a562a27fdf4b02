import { Command } from 'commander'
import type { Config } from '../../platform/config.ts'
import type { Log } from '../../streams/log/log.ts'
import { machineTime } from '../runtime/machine-clock.ts'
import { putRulesInForce } from '../runtime/rules-change.ts'
import { readRules } from '../runtime/rules-file.ts'
import { openSession, PARTITIONS, type Session } from '../runtime/session.ts'
import { print } from '../view/text.ts'
import { type CommonOptions, configOf } from './settings.ts'

interface RulesOptions extends CommonOptions {
  readonly kafka?: boolean
}

/** `sluice rules` */
export function rulesCommand(): Command {
  return new Command('rules')
    .description('put a rule set in force')
    .addCommand(
      new Command('apply')
        .description('sign the rule file with the admin key and put it in force in every partition, in one transaction')
        .option('--kafka', 'on the cluster that SLUICE_KAFKA_BOOTSTRAP names')
        .action((_options, command: Command) => runApply(command.optsWithGlobals<RulesOptions>())),
    )
    .addHelpText(
      'after',
      '\nThe rule file is SLUICE_RULES. `up` does this by itself when it starts with another file; workers never do.' +
        '\n\nExamples:\n  sluice rules apply --kafka\n  SLUICE_RULES=rules/night.yaml sluice rules apply\n',
    )
}

async function runApply(options: RulesOptions): Promise<void> {
  const config = configOf(options)
  const rules = readRules(config.rulesFile)
  const session = options.kafka ? await openCluster(config) : await openSession(config)
  try {
    await putRulesInForce(session, rules, machineTime.nowMs(), 'sluice rules apply')
    print(
      options.json
        ? JSON.stringify({ version: rules.version, partitions: PARTITIONS })
        : `rule set ${rules.version} of ${config.rulesFile} goes in force in ${PARTITIONS} partitions`,
    )
  } finally {
    await session.log.close()
  }
}

/** The Kafka client takes a second to load; nothing else should wait for it. */
async function openCluster(config: Config): Promise<Session<Log>> {
  const { openClusterSession } = await import('../runtime/cluster-session.ts')
  return openClusterSession(config)
}
