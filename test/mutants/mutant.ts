import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

/** A change to the tree that breaks something, and what must notice it. */
export interface Mutant {
  readonly name: string
  /** The patch file. */
  readonly path: string
  readonly breaks: string
  /** Protocol and timing, or what is decided. */
  readonly kind: 'protocol' | 'timing' | 'semantics'
  /** Clauses or laws; the failing test must name one of them, in its title or its message. */
  readonly laws: readonly string[]
  /** The test files that are run, as vitest filters. */
  readonly tests: readonly string[]
}

const KINDS = ['protocol', 'timing', 'semantics'] as const

/** All patches of a folder, by name. @throws Error naming the file whose head is not whole. */
export function readMutants(folder: string): readonly Mutant[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.patch'))
  return files.sort().map((file) => readMutant(join(folder, file)))
}

/** The head of a patch: lines of `field: value` before the first file. */
function readMutant(path: string): Mutant {
  const [head = ''] = readFileSync(path, 'utf8').split(/^--- /m)
  const fields = new Map([...head.matchAll(/^(\w+): (.+)$/gm)].map((match) => [match[1], match[2] ?? '']))
  const field = (name: string): string => {
    const value = fields.get(name)
    if (value === undefined) throw new Error(`${path}: its head has no line "${name}: ..."`)
    return value
  }
  const kind = KINDS.find((one) => one === field('kind'))
  if (kind === undefined) throw new Error(`${path}: kind is one of ${KINDS.join(', ')}`)
  return {
    name: basename(path, '.patch'),
    path,
    breaks: field('breaks'),
    kind,
    laws: field('laws').split(/, */),
    tests: field('tests').split(' '),
  }
}
