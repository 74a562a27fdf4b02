import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Waits for the lock of flock(1) on the file and takes it; the result gives it back.
 * The kernel gives it back as well when this process ends, however it ends: the process that holds it reads our pipe.
 */
export async function lockFile(file: string): Promise<() => void> {
  const holder = spawn('flock', [file, 'sh', '-c', 'echo held; cat'], { stdio: ['pipe', 'pipe', 'inherit'] })
  const refused = once(holder, 'exit').then(([code]) => {
    throw new Error(`flock ${file} ended with exit code ${code}`)
  })
  await Promise.race([once(holder.stdout, 'data'), refused]) // `exit` also rejects when flock cannot be started.
  refused.catch(() => {})
  return () => holder.stdin.end()
}
