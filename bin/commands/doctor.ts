import { statfsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { type Config, variableOf } from '../../platform/config.ts'
import { portOwner } from '../../platform/port-owner.ts'
import { checkCheckpoints } from '../runtime/checkpoint-check.ts'
import { KEY_FILES } from '../runtime/keys.ts'
import {
  APPLICATION_ID,
  createRuntime,
  INPUT_TOPIC,
  openSession,
  PARTITIONS,
  type Session,
} from '../runtime/session.ts'
import { bytesText, grouped, print, styled } from '../view/text.ts'
import { CommandError, type CommonOptions, configOf } from './settings.ts'

/** One thing that was looked at. */
interface Finding {
  readonly subject: string
  readonly ok: boolean
  readonly text: string
}

/** What the package runs on, and what a checkout installs. */
const PACKAGE_NODE_MIN = 22
const CHECKOUT_NODE = 24
/** Below this much room left the log may not reach its bound. */
const FREE_BYTES_MIN = 1 << 30

/** `sluice doctor` */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'look at everything a start needs: Node, disk, keys, log, owners, checkpoints, ports; exits 1 if something is wrong',
    )
    .addHelpText(
      'after',
      '\nChanges nothing; works while `sluice up` runs.\n\nExamples:\n  sluice doctor\n  sluice doctor --data data/fdh --json\n',
    )
    .action((_options, command: Command) => runDoctor(command.optsWithGlobals<CommonOptions>()))
}

async function runDoctor(options: CommonOptions): Promise<void> {
  const config = configOf(options)
  const findings = [nodeVersion(), port(config, 'metricsPort'), port(config, 'boardPort')]
  try {
    const session = await openSession(config)
    try {
      findings.push(...(await lookInto(session)))
    } finally {
      await session.log.close()
    }
  } catch (error) {
    findings.push({ subject: 'data folder', ok: false, text: (error as Error).message })
  }
  for (const finding of findings) {
    const { subject, ok, text } = finding
    if (options.json) print(JSON.stringify(finding))
    else print(`${ok ? styled('green', 'ok  ') : styled('red', 'BAD ')} ${subject.padEnd(12)} ${text}`)
  }
  const bad = findings.filter(({ ok }) => !ok).length
  if (bad > 0) throw new CommandError(`${bad} of ${findings.length} findings are bad`)
}

async function lookInto(session: Session): Promise<Finding[]> {
  const { folder } = session
  return [
    { subject: 'data folder', ok: true, text: `${folder.path}, log ${session.log.stat().folderId}` },
    disk(folder.path),
    keys(session),
    ...log(session),
    await owners(session),
    await progress(session),
    await checkpoints(session),
  ]
}

function nodeVersion(): Finding {
  const { node } = process.versions
  const major = Number(node.split('.')[0])
  if (import.meta.url.endsWith('.js')) {
    const ok = major >= PACKAGE_NODE_MIN
    return { subject: 'node', ok, text: ok ? node : `${node}, ${PACKAGE_NODE_MIN} or newer expected` }
  }
  const ok = major === CHECKOUT_NODE
  return { subject: 'node', ok, text: ok ? node : `${node}, ${CHECKOUT_NODE} expected: start with \`npx sluice\`` }
}

function port(config: Config, name: 'metricsPort' | 'boardPort'): Finding {
  const number = config[name]
  const owner = number === 0 ? null : portOwner(number)
  const setting = variableOf(name)
  if (owner === null) return { subject: 'port', ok: true, text: `${number} is free (${setting})` }
  // A running `up` holds it by right.
  const isOurs = /sluice/.test(owner.command)
  return {
    subject: 'port',
    ok: isOurs,
    text: `${number} is held by ${owner.command} (pid ${owner.pid}); ${setting} chooses another`,
  }
}

function disk(path: string): Finding {
  const { bavail, bsize } = statfsSync(path)
  const free = bavail * bsize
  return { subject: 'disk', ok: free >= FREE_BYTES_MIN, text: `${bytesText(free)} free` }
}

function keys({ folder }: Session): Finding {
  const open = Object.values(KEY_FILES).filter((name) => {
    const stat = statSync(join(folder.keys.folder, name), { throwIfNoEntry: false })
    return stat !== undefined && (stat.mode & 0o077) !== 0
  })
  const ids = folder.keys.maskKeys.map(({ id }) => id).join(', ')
  const text = `${folder.keys.folder}: mask keys ${ids}; ${folder.keys.signers.length} signers; ${signingText(folder.keys.signing)}`
  return {
    subject: 'keys',
    ok: open.length === 0,
    text: open.length === 0 ? text : `${text}; open to others: ${open.join(', ')}`,
  }
}

function signingText(signing: Session['folder']['keys']['signing']): string {
  const text = Object.entries(signing).map(([name, key]) => `${name} ${key === null ? 'absent' : 'present'}`)
  return `signing keys: ${text.join(', ')}`
}

function log({ log: embedded }: Session): Finding[] {
  return embedded.stat().environments.map(({ name, bytesUsed, bytesMax, bytesOnDisk }) => {
    const text = `${bytesText(bytesUsed)} of ${bytesText(bytesMax)} used, ${bytesText(bytesOnDisk)} on disk`
    return { subject: `log ${name}`, ok: bytesUsed < 0.9 * bytesMax, text }
  })
}

async function owners({ log: embedded }: Session): Promise<Finding> {
  const pids = new Set<number | null>()
  for (let partition = 0; partition < PARTITIONS; partition++) {
    pids.add(await embedded.taskOwner(APPLICATION_ID, { topic: INPUT_TOPIC, partition }))
  }
  const running = [...pids].filter((pid) => pid !== null)
  const text = running.length === 0 ? 'nobody decides now' : `owned by pid ${running.join(', ')}`
  return {
    subject: 'tasks',
    ok: running.length <= 1,
    text: pids.size > 1 && running.length > 0 ? `${text}; some are free` : text,
  }
}

async function progress({ log: embedded }: Session): Promise<Finding> {
  let waiting = 0
  let decided = 0
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const at = { topic: INPUT_TOPIC, partition }
    const committed = (await embedded.committedOffset(APPLICATION_ID, at))?.offset ?? 0
    const { endOffset } = await embedded.bounds(at)
    decided += committed
    waiting += Math.max(0, endOffset - committed)
  }
  return { subject: 'input', ok: true, text: `${grouped(decided)} records processed, ${grouped(waiting)} wait` }
}

async function checkpoints(session: Session): Promise<Finding> {
  const checked = await checkCheckpoints(session, createRuntime(session))
  const refused = checked.filter(({ problem }) => problem !== null)
  const text = `${checked.length} files, ${refused.length === 0 ? 'all whole' : `${refused.length} refused: ${refused[0]?.name}: ${refused[0]?.problem}`}`
  return { subject: 'checkpoints', ok: refused.length === 0, text }
}
