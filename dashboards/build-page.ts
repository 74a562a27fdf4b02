/**
 * Builds the board's page into `page/built`, unless what stands there was made from the same files. `npm ci` does so (its `prepare`),
 * so the first `npm start` has a page to show.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const PAGE = join(import.meta.dirname, 'page')
const STAMP = join(PAGE, 'built/sources.txt')
/** What the page is made of, besides the packages that the lock file names. */
const SOURCES = /\.(?:tsx?|css|html|svg)$/

function sourcesDigest(): string {
  const hash = createHash('sha256')
  const files = readdirSync(PAGE, { recursive: true, encoding: 'utf8' })
    .filter((name) => SOURCES.test(name) && !name.startsWith('built'))
    .sort()
  for (const name of files) hash.update(name).update(readFileSync(join(PAGE, name)))
  for (const other of ['build-page.ts', '../package-lock.json']) {
    hash.update(readFileSync(join(import.meta.dirname, other)))
  }
  return hash.digest('hex')
}

/** Null in an installation without tools, which runs what it was given. */
async function findVite(): Promise<typeof import('vite') | null> {
  return import('vite').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ERR_MODULE_NOT_FOUND') return null
    throw error
  })
}

const digest = sourcesDigest()
const vite = await findVite()
if (vite !== null && (!existsSync(STAMP) || readFileSync(STAMP, 'utf8') !== digest)) {
  // Static files under the board's path, with names that change with their content; nothing is loaded from elsewhere.
  await vite.build({
    configFile: false,
    root: PAGE,
    base: '/fraud-alerts/',
    logLevel: 'warn',
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    build: {
      outDir: 'built',
      emptyOutDir: true,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      target: 'es2022',
      reportCompressedSize: false,
    },
  })
  writeFileSync(STAMP, digest)
}
