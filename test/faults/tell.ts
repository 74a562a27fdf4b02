import { writeSync } from 'node:fs'

/** Writes a line of JSON to stdout at once, so that a kill loses nothing that was told before it. */
export function tell<Line extends { readonly kind: string }>(line: Line): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`)
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      // The pipe is full while the parent is busy: it reads on.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}
