#!/usr/bin/env node
// Starts bin/sluice.ts on the Node that `npm ci` installed, whatever Node the machine itself has.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const program = fileURLToPath(new URL('sluice.ts', import.meta.url))
// kafkajs sets a timer in the past whenever its requests are answered; it means "at once".
const quiet = '--disable-warning=TimeoutNegativeWarning'
const args = [quiet, program, ...process.argv.slice(2)]

function installedNode() {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    process.stderr.write('sluice: its own Node is missing; run `npm ci` in the checkout, then start again\n')
    process.exit(1)
  }
}

function runBeside(node) {
  const child = spawn(node, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    // A terminal sends its signals to the child as well; passing them on would count one Ctrl-C as two.
    const fromTerminal = signal !== 'SIGTERM' && process.stdin.isTTY
    process.on(signal, () => fromTerminal || child.kill(signal))
  }
  child.on('error', (error) => {
    process.stderr.write(`sluice: cannot start ${node}: ${error.message}\n`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

const node = installedNode()
// Where Node can turn into another program, no second process is left to carry signals through.
if (typeof process.execve === 'function') process.execve(node, [node, ...args])
else runBeside(node)
