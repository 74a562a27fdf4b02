/** A section of the specification by its letter, with its clauses in the order of the document. */
export type Specification = ReadonlyMap<string, readonly string[]>

const CLAUSE = /^- ([A-Z])([0-9]+) /gm

/** Reads the numbered clauses (`- V1 ...`) out of the Markdown of the specification. */
export function readSpecification(markdown: string): Specification {
  const sections = new Map<string, string[]>()
  for (const [, section, number] of markdown.matchAll(CLAUSE)) {
    if (section === undefined) continue
    const clauses = sections.get(section) ?? []
    clauses.push(`${section}${number}`)
    sections.set(section, clauses)
  }
  return sections
}

/** What the project says it does by now. */
export interface Claim {
  /** Letters of the sections whose every clause needs a passing test. */
  readonly sections: readonly string[]
  /** Clauses of those sections that need none yet, each with the reason. */
  readonly excluded: Readonly<Record<string, string>>
  /** Clauses that need a test for what stands, each with what is still missing. */
  readonly partial: Readonly<Record<string, string>>
}
