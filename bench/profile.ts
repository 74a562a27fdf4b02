import { readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The share of one group or function in a CPU profile, by self time. */
export interface ProfileShare {
  readonly name: string
  readonly share: number
}

/** Self time by stage (the folder, or the file where a folder holds several stages) and by function. */
export interface ProfileSummary {
  readonly samples: number
  readonly groups: readonly ProfileShare[]
  readonly functions: readonly ProfileShare[]
}

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

const ROOT = join(import.meta.dirname, '..')
const FUNCTIONS_SHOWN = 40
/** Not the work: what the bench itself does, and a process that waits. */
const LEFT_OUT = new Set(['(idle)', '(root)'])

/**
 * Sums the self time of a profile that `node --cpu-prof` wrote. An inlined function counts as itself: V8 keeps
 * its positions. `isMeasured` says which files count; others are left out of the whole.
 */
export function summarise(file: string, isMeasured: (path: string) => boolean = () => true): ProfileSummary {
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]))
  const groups = new Map<string, number>()
  const functions = new Map<string, number>()
  let total = 0
  let samples = 0
  for (const [i, id] of profile.samples.entries()) {
    const frame = frames.get(id)
    const us = profile.timeDeltas[i] ?? 0
    if (frame === undefined || LEFT_OUT.has(frame.functionName)) continue
    const path = pathOf(frame.url)
    if (!isMeasured(path)) continue
    total += us
    samples++
    const group = groupOf(path, frame.functionName)
    groups.set(group, (groups.get(group) ?? 0) + us)
    const name = `${frame.functionName === '' ? '(anonymous)' : frame.functionName} ${path}:${frame.lineNumber + 1}`
    functions.set(name, (functions.get(name) ?? 0) + us)
  }
  return {
    samples,
    groups: shares(groups, total),
    functions: shares(functions, total).slice(0, FUNCTIONS_SHOWN),
  }
}

/** The summary as a table for people. */
export function renderProfile({ groups, functions }: ProfileSummary): string {
  const line = ({ name, share }: ProfileShare) => `${`${(100 * share).toFixed(1)} %`.padStart(8)}  ${name}`
  return [...groups.filter(({ share }) => share >= 0.002).map(line), '', ...functions.map(line), ''].join('\n')
}

function pathOf(url: string): string {
  if (!url.startsWith('file:')) return url
  return relative(ROOT, fileURLToPath(url))
}

function groupOf(path: string, functionName: string): string {
  if (path === '') return functionName
  if (path.startsWith('wasm:')) return 'streams/hash (WASM)'
  if (path.startsWith('node:')) return 'node'
  const [top = '', second = ''] = path.split('/')
  if (top === 'streams' && second === 'state') return path
  return second.includes('.') || second === '' ? `${top}` : `${top}/${second}`
}

function shares(sums: ReadonlyMap<string, number>, total: number): ProfileShare[] {
  return [...sums].map(([name, us]) => ({ name, share: us / total })).sort((a, b) => b.share - a.share)
}

if (import.meta.main) {
  const [file] = process.argv.slice(2)
  if (file === undefined) throw new Error('usage: node bench/profile.ts FILE.cpuprofile')
  process.stdout.write(renderProfile(summarise(file)))
}
