import { enableCompileCache, flushCompileCache } from 'node:module'
import { join } from 'node:path'

const FLUSHED_AFTER_MS = 5_000

/**
 * What a checkout loads from here on, TypeScript without its types and as V8 compiled it, is kept from start to start: a short command takes
 * half as long, a worker 0.3 s less until it asks its broker. The package is plain JavaScript and may stand where nobody may write: it keeps nothing.
 */
if (import.meta.filename.endsWith('.ts')) {
  enableCompileCache(join(import.meta.dirname, '../.cache/compiled'))
  // Node itself keeps it when the process ends, which one that is killed does not see.
  setTimeout(flushCompileCache, FLUSHED_AFTER_MS).unref()
}
