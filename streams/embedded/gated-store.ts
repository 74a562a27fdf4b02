import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ABORT, open, type RootDatabase, type RootDatabaseOptions } from 'lmdb'

/** A gate holds nothing: the map is as small as one can be. */
const GATE = { mapSize: 1 << 20, overlappingSync: false } as const

/** An environment that several processes and threads open and write. */
export interface GatedStore<V, K extends KeyOf> {
  readonly root: RootDatabase<V, K>
  /**
   * Runs `act` as one transaction, which is on the disk when this returns. What `act` throws undoes it and is thrown on.
   * Blocks while another process or thread opens or writes.
   */
  write<T>(act: () => T): T
  close(): Promise<void>
}

type KeyOf = NonNullable<Parameters<RootDatabase['get']>[0]>

/**
 * Opens the environment in the folder `path`; `setUp` runs before anybody else may write, and may throw.
 *
 * Why there is a gate: LMDB as lmdb 3.5.6 builds it puts the number of the last transaction that it read from the file
 * back into the table that all processes share, and holds no lock (mdb_env_open2). A commit in that moment is
 * forgotten: the next writer starts from the state before it and overwrites its pages, though it was acknowledged. So
 * whoever opens or writes holds the write lock of a second environment, in which nothing is ever written, whose
 * number therefore cannot go back. The kernel frees it when its holder dies. ADR 0046.
 */
export function openGated<V, K extends KeyOf>(
  options: RootDatabaseOptions & { readonly path: string },
  setUp: (root: RootDatabase<V, K>) => void = () => undefined,
): GatedStore<V, K> {
  const gatePath = join(options.path, 'gate')
  mkdirSync(gatePath, { recursive: true })
  const gate = open({ ...GATE, path: gatePath })
  try {
    const root = held(gate, () => {
      const opened = open<V, K>(options)
      try {
        setUp(opened)
        return opened
      } catch (error) {
        void opened.close()
        throw error
      }
    })
    return {
      root,
      write: (act) => held(gate, () => root.transactionSync(act)),
      close: async () => {
        await root.close()
        await gate.close()
      },
    }
  } catch (error) {
    void gate.close()
    throw error
  }
}

/** Runs `act` while this thread has the gate. */
function held<T>(gate: RootDatabase, act: () => T): T {
  let result!: T
  gate.transactionSync(() => {
    result = act()
    return ABORT
  })
  return result
}
