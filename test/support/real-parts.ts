import { describe, test } from 'vitest'
import { PARTS, type PartName } from '../../stack/command/parts.ts'
import { PartError } from '../../stack/part-error.ts'

/** How long a part may take to start on a machine that does much else; downloads come before the suite. */
export const START_MS = 300_000

/**
 * A suite on real parts. Where this machine lacks one, the suite is skipped and says what to install; under CI=true it
 * fails instead.
 */
export async function onRealParts(parts: readonly PartName[], title: string, body: () => void): Promise<void> {
  const missing = await whatIsMissing(parts)
  if (missing === null) describe(title, body)
  else if (process.env['CI'] === 'true') {
    test(title, () => {
      throw missing
    })
  } else {
    process.stdout.write(`skipped: ${title}: ${missing.message}\n`)
    describe.skipIf(true)(`${title} (skipped: ${missing.message})`, body)
  }
}

async function whatIsMissing(parts: readonly PartName[]): Promise<PartError | null> {
  try {
    for (const part of parts) await PARTS[part].fetch()
    return null
  } catch (error) {
    if (error instanceof PartError) return error
    throw error
  }
}
