import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { RootDatabase } from 'lmdb'
import { StreamsError } from '../errors.ts'
import { type GatedStore, openGated } from './gated-store.ts'
import { identityKey } from './log-keys.ts'
import { syncDirectory } from './sync-directory.ts'

/**
 * The environments of a data folder. LMDB has one writer lock each, which waits through a sync, so what different
 * processes write stands apart: producers' topics, tasks' topics with their offsets, and the rest.
 */
export const ENVIRONMENTS = ['inputs', 'outputs', 'catalog'] as const
export type EnvironmentName = (typeof ENVIRONMENTS)[number]

const READERS_MAX = 512

export type Store = RootDatabase<Uint8Array, Uint8Array>

/** LMDB's own figures of one environment, which the package's types leave out. */
interface NativeEnvironment {
  stat(): {
    readonly pageSize: number
    readonly treeBranchPageCount: number
    readonly treeLeafPageCount: number
    readonly overflowPages: number
  }
}

export interface EnvironmentSettings {
  readonly directory: string
  readonly name: EnvironmentName
  readonly folderId: string
  /** The most bytes that the environment's file may hold. */
  readonly bytesMax: number
}

/**
 * Opens an environment so that a commit is a sync of its pages, then a synced write of the page that names them, then
 * visibility, in this order: with `overlappingSync`, LMDB's default here, readers see what the disk may still lose.
 * @throws StreamsError FOLDER_MIXED (stop) when the environment was made in another data folder.
 */
export function openEnvironment({
  directory,
  name,
  folderId,
  bytesMax,
}: EnvironmentSettings): GatedStore<Uint8Array, Uint8Array> {
  const path = join(directory, name)
  mkdirSync(path, { recursive: true })
  return openGated<Uint8Array, Uint8Array>(
    {
      path,
      keyEncoding: 'binary',
      encoding: 'binary',
      overlappingSync: false,
      // Address space, not disk: larger than the bound, so that the map never moves under a reader.
      mapSize: Math.ceil((bytesMax * 2) / 0x1000000) * 0x1000000,
      maxReaders: READERS_MAX,
    },
    (store) => {
      const owner = store.getBinary(identityKey) ?? claim(store, folderId)
      // The files' names must outlive a power cut as what they hold does; LMDB syncs only the latter.
      for (const parent of [path, directory]) syncDirectory(parent)
      if (owner.toString() === folderId) return
      throw new StreamsError(
        'FOLDER_MIXED',
        'stop',
        `${path} belongs to data folder ${owner}, not to ${folderId}; two data folders were mixed: put back its own files`,
      )
    },
  )
}

function claim(store: Store, folderId: string): Buffer {
  store.putSync(identityKey, Buffer.from(folderId))
  return Buffer.from(folderId)
}

/** Bytes of the pages that hold something, as of the last commit. The file's other pages are free to be used again. */
export function usedBytes(store: Store): number {
  const { pageSize, treeBranchPageCount, treeLeafPageCount, overflowPages } = nativeOf(store).stat()
  return (treeBranchPageCount + treeLeafPageCount + overflowPages) * pageSize
}

/** Bytes of a page. */
export function pageSizeOf(store: Store): number {
  return nativeOf(store).stat().pageSize
}

function nativeOf(store: Store): NativeEnvironment {
  return (store as unknown as { readonly env: NativeEnvironment }).env
}

/** What the environment takes on the disk now. */
export function diskBytes(directory: string, name: EnvironmentName): number {
  const stat = statSync(join(directory, name, 'data.mdb'), { throwIfNoEntry: false })
  return stat === undefined ? 0 : stat.blocks * 512
}
