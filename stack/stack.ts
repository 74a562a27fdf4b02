import { Command, InvalidArgumentError } from 'commander'
import { PortTakenError } from '../platform/port-owner.ts'
import { keepPart, stopPart } from './command/keep-part.ts'
import { type Addresses, PART_NAMES, PARTS, type PartName, type StartOptions } from './command/parts.ts'
import { runningPart } from './command/running-part.ts'
import { PartError } from './part-error.ts'
import { isFree } from './ports.ts'

type PortOptions = Readonly<Partial<Record<`${PartName}Port`, number>>>

const program = new Command('npm run stack --')
  .description('Starts the real parts that Sluice works with, as plain processes on 127.0.0.1; no Docker is needed.')
  .addHelpText(
    'after',
    `\nParts: ${PART_NAMES.join(', ')}. Downloads, logs and what runs stand in the cache folder (SLUICE_STACK_CACHE).` +
      '\n\nExamples:\n  npm run stack -- kafka redis\n  npm run stack -- kafka --brokers 3 --kafka-port 19092\n  npm run stack -- redis --masters 3\n' +
      '  npm run stack -- status\n  npm run stack -- stop\n',
  )

const start = program
  .command('start', { isDefault: true })
  .description('start parts, in the background; one that runs already stays as it is')
  .argument('<parts...>', PART_NAMES.join(', '), collectParts)
  .option('--brokers <n>', 'Kafka brokers: 1 or 3', oneOrThree)
  .option('--masters <n>', 'Redis: 1 server, or 3 that are a Redis Cluster', oneOrThree)
  .action(startParts)
for (const name of PART_NAMES) {
  start.option(`--${name}-port <n>`, `port of ${name}; without it ${PARTS[name].usualPort}, or a free one`, portNumber)
}
program
  .command('fetch')
  .description('download parts without starting them')
  .argument('[parts...]', 'all by default', collectParts)
  .action(async (parts: PartName[]) => {
    for (const part of parts.length > 0 ? parts : PART_NAMES) {
      await PARTS[part].fetch()
      say(`${part.padEnd(9)} is here`)
    }
  })
program.command('status').description('what runs, and whether it answers').action(showStatus)
program
  .command('stop')
  .description('end what was started here, and nothing else')
  .argument('[parts...]', 'all by default', collectParts)
  .action(async (parts: PartName[]) => {
    for (const part of parts.length > 0 ? parts : PART_NAMES) if (await stopPart(part)) say(`${part.padEnd(9)} stopped`)
  })

try {
  await program.parseAsync()
} catch (error) {
  const { message, stack } = error as Error
  const expected = error instanceof PartError || error instanceof PortTakenError
  process.stderr.write(`stack: ${expected ? message : stack}\n`)
  process.exitCode = 1
}

async function startParts(
  parts: PartName[],
  options: PortOptions & Pick<StartOptions, 'brokers' | 'masters'>,
): Promise<void> {
  for (const part of parts) {
    const { usualPort } = PARTS[part]
    const port = options[`${part}Port`] ?? ((await isFree(usualPort)) ? usualPort : undefined)
    const { running, started } = await keepPart(part, {
      ...(port !== undefined && { port }),
      ...(options.brokers !== undefined && { brokers: options.brokers }),
      ...(options.masters !== undefined && { masters: options.masters }),
    })
    say(
      `${part.padEnd(9)} ${started ? 'ready' : 'runs already, as it was started'}  ${shown(running.addresses)}  logs ${running.folder}`,
    )
  }
}

async function showStatus(): Promise<void> {
  for (const part of PART_NAMES) {
    const running = runningPart(part)
    if (running === null) {
      say(`${part.padEnd(9)} does not run`)
      continue
    }
    const { addresses, pids, folder } = running
    const answer = await PARTS[part].ask(addresses).then(
      () => 'answers',
      (error: Error) => `does not answer (${error.message})`,
    )
    say(`${part.padEnd(9)} ${answer}  ${shown(addresses)}  pids ${pids.join(' ')}  logs ${folder}`)
  }
}

function shown(addresses: Addresses): string {
  return Object.entries(addresses)
    .map(([name, address]) => `${name} ${address}`)
    .join('  ')
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}

function collectParts(name: string, before: PartName[] | undefined): PartName[] {
  if (!PART_NAMES.includes(name as PartName)) throw new InvalidArgumentError(`The parts are ${PART_NAMES.join(', ')}.`)
  return [...(before ?? []), name as PartName]
}

function oneOrThree(text: string): 1 | 3 {
  if (text === '1') return 1
  if (text === '3') return 3
  throw new InvalidArgumentError('It is 1 or 3.')
}

function portNumber(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port
  throw new InvalidArgumentError('A port is a whole number from 1 to 65535.')
}
