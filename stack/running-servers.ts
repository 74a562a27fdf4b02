import type { RunFolder } from './run-folder.ts'
import type { Server } from './server.ts'

/** The processes of one started part. */
export interface RunningServers<S extends Server = Server> {
  readonly servers: readonly S[]
  /** Where the logs are; they stay after the stop. */
  readonly folder: string
  /** Ends them all and removes their data. */
  stop(): Promise<void>
}

/** Waits until each started server answers; when one does not, ends them all. */
export async function allReady<S extends Server>(run: RunFolder, servers: readonly S[]): Promise<RunningServers<S>> {
  const stop = async () => {
    await Promise.all(servers.map((server) => server.stop()))
    run.removeData()
  }
  try {
    await Promise.all(servers.map((server) => server.ready()))
  } catch (error) {
    await stop()
    throw error
  }
  return { servers, folder: run.path, stop }
}
