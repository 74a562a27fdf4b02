import { environment } from '../platform/config.ts'

/** What a part sees of the environment: where programs and its home are, and `more`; none of our settings, no secret. */
export function partEnvironment(more: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = environment()
  return { PATH, HOME, TMPDIR, ...more }
}
