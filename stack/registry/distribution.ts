import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { cached } from '../cache.ts'
import { copyDependencies } from '../maven.ts'
import { PartError } from '../part-error.ts'
import { requirePrograms } from '../programs.ts'
import { runProgram } from '../run-program.ts'

const ARTIFACT = 'apicurio-registry-app'
const REGISTRY_VERSION = '2.6.13.Final'

/** The jar that is the schema registry, beside all that it loads; downloaded at the first call. */
export async function registryJar(): Promise<string> {
  requirePrograms('The schema registry', ['java', 'setpriv'])
  const folder = await cached(`apicurio-${REGISTRY_VERSION}`, async (unfinished) => {
    const archive = { type: 'tar.gz', classifier: 'all', alone: true }
    const artifact = { group: 'io.apicurio', artifact: ARTIFACT, version: REGISTRY_VERSION, ...archive }
    await copyDependencies([artifact], unfinished)
    const file = join(unfinished, `${ARTIFACT}-${REGISTRY_VERSION}-all.tar.gz`)
    const { exitCode, stderr } = await runProgram('tar', ['-xzf', file, '-C', unfinished])
    if (exitCode !== 0) throw new PartError(`tar cannot unpack the schema registry: ${stderr.trim()}`)
    rmSync(file)
  })
  return join(folder, `${ARTIFACT}-${REGISTRY_VERSION}-runner.jar`)
}
