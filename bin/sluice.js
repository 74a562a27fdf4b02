#!/usr/bin/env node
// Starts the program as `launch.js` says: in the package the built one, on the Node that runs this; in a checkout bin/sluice.ts, on the
// Node that `npm ci` installed, whatever Node the machine itself has.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { nodeOptions } from './launch.js'

const source = fileURLToPath(new URL('sluice.ts', import.meta.url))
const built = fileURLToPath(new URL('../dist/bin/sluice.js', import.meta.url))

function installedNode() {
  try {
    return createRequire(import.meta.url).resolve('node/bin/node')
  } catch {
    // An installation without developers' packages has none; a machine's own that runs TypeScript does as well.
    if (process.features.typescript) return process.execPath
    process.stderr.write('sluice: its own Node is missing; run `npm ci` in the checkout, then start again\n')
    process.exit(1)
  }
}

function runBeside(node, args) {
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

function run(node, program) {
  const args = [...nodeOptions(), program, ...process.argv.slice(2)]
  // Where Node can turn into another program, no second process is left to carry signals through.
  if (typeof process.execve === 'function') process.execve(node, [node, ...args])
  else runBeside(node, args)
}

if (existsSync(source)) run(installedNode(), source)
else run(process.execPath, built)
