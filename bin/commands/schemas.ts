import { Command } from 'commander'
import { variableOf } from '../../platform/config.ts'
import { type CheckResult, compareSchemas, SUBJECTS } from '../../schemas/check.ts'
import type { ConfluentRegistry } from '../../schemas/confluent-registry.ts'
import { SCHEMAS } from '../../schemas/generated/schemas.ts'
import { subjectOf } from '../../schemas/topics.ts'
import { confluentRegistry } from '../runtime/schema-registry.ts'
import { print } from '../view/text.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

/** `sluice schemas` */
export function schemasCommand(): Command {
  return new Command('schemas')
    .description('hold this build’s schemas against the schema registry, or register them')
    .addCommand(
      new Command('check')
        .description('name every field that could not read what was ever written; exits 1 if there is one')
        .action((_options, command: Command) => runCheck(command.optsWithGlobals<CommonOptions>())),
    )
    .addCommand(
      new Command('push')
        .description('register what is not registered yet, unless a check names a field')
        .action((_options, command: Command) => runPush(command.optsWithGlobals<CommonOptions>())),
    )
    .addHelpText(
      'after',
      '\nThe registry is SLUICE_REGISTRY_URL.\n\nExamples:\n  sluice schemas check\n  sluice schemas push\n',
    )
}

async function runCheck(options: CommonOptions): Promise<void> {
  const { unregistered } = await compare(registryOf(options))
  for (const { subject, version } of unregistered) {
    print(
      options.json
        ? JSON.stringify({ subject, version, registered: false })
        : `${subject}: version ${version} is compatible, not registered`,
    )
  }
  if (unregistered.length > 0) throw new CommandError('run `sluice schemas push` before a process of this build starts')
  if (!options.json) print(`${SUBJECTS.length} subjects have this build’s schemas`)
}

async function runPush(options: CommonOptions): Promise<void> {
  const registry = registryOf(options)
  const { unregistered } = await compare(registry)
  for (const { subject, version, schema } of unregistered) {
    const id = await registry.register(subject, schema)
    print(options.json ? JSON.stringify({ subject, version, id }) : `${subject}: version ${version} has id ${id}`)
  }
  if (!options.json) print(`${unregistered.length} registered, ${SUBJECTS.length - unregistered.length} were there`)
}

function registryOf(options: CommonOptions): ConfluentRegistry {
  const registry = confluentRegistry(configOf(options))
  if (registry === null) throw new CommandError(`set ${variableOf('registryUrl')}`, 2)
  return registry
}

/** @throws CommandError naming each field that breaks compatibility. */
async function compare(registry: ConfluentRegistry): Promise<CheckResult> {
  const registered = await Promise.all(
    SUBJECTS.map(({ topic, record }) => registry.versionsOf(subjectOf(topic, record))),
  )
  const schemas = Object.entries(SCHEMAS).map(([name, text]) => [`sluice.${name}`, JSON.parse(text)] as const)
  const result = compareSchemas(new Map(schemas), registered.flat())
  if (result.problems.length > 0) throw new CommandError(result.problems.join('\n'))
  return result
}
