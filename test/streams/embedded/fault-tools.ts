import { spawnSync } from 'node:child_process'

/** What a fault test needs of the machine, and how to see whether it is there. */
const PROBES = {
  strace: ['strace', '-e', 'inject=fsync:delay_enter=1', 'true'],
  'a mount of its own': ['unshare', '-rm', 'sh', '-c', 'mount -t tmpfs -o size=1m tmpfs /mnt'],
} as const

/**
 * Whether to skip, aloud, a test of faults that this machine cannot inject. In CI nothing is skipped: there a missing
 * tool fails the test itself.
 */
export function cannotInject(tool: keyof typeof PROBES): boolean {
  const [command, ...args] = PROBES[tool]
  if (spawnSync(command, args, { stdio: 'ignore' }).status === 0) return false
  process.stderr.write(`SKIPPED for want of ${tool}: the fault cannot be injected here\n`)
  return process.env['CI'] !== 'true'
}
