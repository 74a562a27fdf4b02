import { codeOf, type SourceFile } from './source-file.ts'

/** Code that may not stand in some files, with what to do instead. */
export interface Ban {
  readonly name: string
  readonly files: RegExp
  readonly except?: RegExp
  readonly words: RegExp
  readonly instead: string
  /** A file that breaks it, to show that the ban bites. */
  readonly broken: SourceFile
}

const BROKERS_AND_TOOLS = /^streams\/(?:embedded|kafka|machine|testing)\/|^streams\/hash\/build\.ts$/

/** ARCHITECTURE, "Layout" and decisions 2, 5 and 8: where clocks, chance, promises and the environment may not be. */
export const BANS: readonly Ban[] = [
  {
    name: 'processors are synchronous',
    files: /^processors\//,
    words: /\b(?:await|async|Promise|setTimeout|setInterval|setImmediate|queueMicrotask)\b/g,
    instead: 'a processor runs to its end; what must wait belongs to the task',
    broken: { path: 'processors/mask/mask.ts', text: 'const x = await store.get(key)' },
  },
  {
    name: 'processors are pure',
    files: /^processors\//,
    words:
      /\bDate\.now\b|\bnew Date\(|\bMath\.random\b|\bperformance\.|\bprocess\.|\bglobalThis\b|\bconsole\b|\bfetch\(/g,
    instead: 'take time, chance and settings as arguments',
    broken: { path: 'processors/mask/mask.ts', text: 'const x = Date.now()' },
  },
  {
    name: 'processors read no locale',
    files: /^processors\//,
    words: /\bIntl\b|\.(?:toLocale\w+|localeCompare)\(/g,
    instead: 'a replay on another machine must give the same bytes; compare and format by code unit',
    broken: { path: 'processors/mask/mask.ts', text: 'const x = a.localeCompare(b)' },
  },
  {
    name: 'the runtime takes time and chance as arguments',
    files: /^streams\//,
    except: BROKERS_AND_TOOLS,
    words:
      /\bDate\.now\b|\bnew Date\(|\bMath\.random\b|\bperformance\.|\bprocess\.|\bsetTimeout\b|\bsetInterval\b|\bconsole\b/g,
    instead: 'the simulator owns the clock and the dice; pass them in',
    broken: { path: 'streams/task/task.ts', text: 'const x = Math.random()' },
  },
  {
    name: 'no promise per record',
    files: /^streams\/(?:record|hash)\/|^schemas\/avro\//,
    except: /^streams\/hash\/build\.ts$/,
    words: /\b(?:await|async|Promise)\b/g,
    instead: 'the hot path is plain calls; wait once a batch, in the task',
    broken: { path: 'streams/record/record-batch.ts', text: 'const x = await record' },
  },
  {
    name: 'only platform/config reads the environment',
    files: /^/,
    except: /^(?:platform\/config|test\/|bench\/|vitest\.config\.ts$)/,
    words: /\bprocess\s*\.\s*env\b/g,
    instead: 'take the setting from the configuration',
    broken: { path: 'bin/sluice.ts', text: "const x = process.env['HOME']" },
  },
]

/** The places in one file that break one ban, as `path:line: word`. */
export function findBanned(ban: Ban, file: SourceFile): string[] {
  if (!ban.files.test(file.path) || ban.except?.test(file.path)) return []
  const code = codeOf(file.text)
  return [...code.matchAll(ban.words)].map(
    (match) => `${file.path}:${code.slice(0, match.index).split('\n').length}: ${match[0]}`,
  )
}
