import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type CheckpointEntry,
  type CheckpointSource,
  type CheckpointStore,
  type CheckpointTarget,
  parseCheckpointName,
} from './checkpoint-store.ts'

const UNFINISHED = '.unfinished'

/** Checkpoints as files of one folder: written beside their name, fsynced, renamed, and the folder fsynced. */
export class CheckpointFolder implements CheckpointStore {
  readonly #path: string
  readonly #unfinished: string

  /** `unfinished` ends the names of files that are being written: who writes beside a partition's owner has another. */
  constructor(path: string, unfinished: string = UNFINISHED) {
    this.#path = path
    this.#unfinished = unfinished
  }

  async list(topic: string, partition: number): Promise<readonly CheckpointEntry[]> {
    const entries: CheckpointEntry[] = []
    for (const name of await this.#names()) {
      const entry = parseCheckpointName(name, topic, partition)
      if (entry !== null) entries.push(entry)
    }
    return entries.sort((a, b) => b.nextOffset - a.nextOffset)
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.#path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  async open(name: string): Promise<CheckpointSource> {
    const file = await open(join(this.#path, name), 'r')
    try {
      return new FileSource(file, (await file.stat()).size)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async create(name: string): Promise<CheckpointTarget> {
    if ((await mkdir(this.#path, { recursive: true })) !== undefined) await syncFolder(dirname(this.#path))
    await this.#removeUnfinished(name)
    const path = join(this.#path, name)
    const unfinished = path + this.#unfinished
    return new FileTarget(await open(unfinished, 'w', 0o600), path, unfinished)
  }

  /** A process that died while writing leaves its file behind; the partition's next writer takes it away. */
  async #removeUnfinished(name: string): Promise<void> {
    const partition = name.slice(0, name.lastIndexOf('-') + 1)
    for (const other of await this.#names()) {
      if (!other.endsWith(this.#unfinished)) continue
      const finished = other.slice(0, -this.#unfinished.length)
      const ofPartition = finished.startsWith(partition) && finished.lastIndexOf('-') === partition.length - 1
      if (ofPartition) await rm(join(this.#path, other), { force: true })
    }
  }

  async remove(name: string): Promise<void> {
    await rm(join(this.#path, name), { force: true })
  }
}

class FileSource implements CheckpointSource {
  readonly byteLength: number
  readonly #file: FileHandle

  constructor(file: FileHandle, byteLength: number) {
    this.#file = file
    this.byteLength = byteLength
  }

  async read(position: number, target: Uint8Array): Promise<void> {
    for (let filled = 0; filled < target.length; ) {
      const { bytesRead } = await this.#file.read(target, filled, target.length - filled, position + filled)
      if (bytesRead === 0) throw new RangeError(`the file ends at byte ${position + filled}`)
      filled += bytesRead
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}

class FileTarget implements CheckpointTarget {
  readonly #file: FileHandle
  readonly #path: string
  readonly #unfinished: string

  constructor(file: FileHandle, path: string, unfinished: string) {
    this.#file = file
    this.#path = path
    this.#unfinished = unfinished
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let written = 0; written < bytes.length; ) {
      written += (await this.#file.write(bytes, written, bytes.length - written)).bytesWritten
    }
  }

  async commit(): Promise<void> {
    await this.#file.sync()
    await this.#file.close()
    await rename(this.#unfinished, this.#path)
    await syncFolder(dirname(this.#path))
  }

  async abort(): Promise<void> {
    await this.#file.close()
    await rm(this.#unfinished, { force: true })
  }
}

/** Without this the rename itself may be lost with the power. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
