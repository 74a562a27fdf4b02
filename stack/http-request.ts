const WITHIN_MS = 10_000

/** @throws unless the address answers a GET with a status of success. */
export async function askHttp(url: string): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(WITHIN_MS) })
  await response.arrayBuffer()
  if (!response.ok) throw new Error(`GET ${url} is answered ${response.status}`)
}
