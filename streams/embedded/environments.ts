import { StreamsError } from '../errors.ts'
import { ENVIRONMENTS, type EnvironmentName, openEnvironment, type Store } from './environment.ts'
import { EnvironmentWriter } from './environment-writer.ts'
import { storageStopped } from './storage-error.ts'

/** One environment as the main thread has it: its own reads, and the thread that writes. */
export interface Environment {
  readonly name: EnvironmentName
  readonly store: Store
  closeStore(): Promise<void>
  readonly writer: EnvironmentWriter
  readonly bytesMax: number
}

/** Topics, producers' names and groups' offsets are small, and must never be what fills the disk. */
const CATALOG_BYTES_MAX = 256 << 20

export function openEnvironments(
  folder: { readonly directory: string; readonly folderId: string; readonly bytesMax: number },
  onWritten: (name: EnvironmentName, syncMs: number) => void,
  onStopped: (error: StreamsError) => void,
): Readonly<Record<EnvironmentName, Environment>> {
  try {
    const opened = ENVIRONMENTS.map((name): Environment => {
      const bytesMax = name === 'catalog' ? CATALOG_BYTES_MAX : Math.floor(folder.bytesMax / 2)
      const settings = { directory: folder.directory, name, folderId: folder.folderId, bytesMax }
      const { root: store, close: closeStore } = openEnvironment(settings)
      const writer = new EnvironmentWriter(settings, (syncMs) => onWritten(name, syncMs), onStopped)
      return { name, store, closeStore, writer, bytesMax }
    })
    return Object.fromEntries(opened.map((one) => [one.name, one])) as Record<EnvironmentName, Environment>
  } catch (error) {
    throw error instanceof StreamsError ? error : storageStopped(folder.directory, error)
  }
}
