import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PartError } from './part-error.ts'
import { requirePrograms } from './programs.ts'
import { runProgram } from './run-program.ts'

/** An artifact of Maven Central, its version exact. */
export interface Coordinates {
  readonly group: string
  readonly artifact: string
  readonly version: string
  readonly type?: string
  readonly classifier?: string
  /** Only this file, without what it depends on. */
  readonly alone?: boolean
}

const EVERYTHING = '<exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion>'
const DOWNLOAD_WITHIN_MS = 600_000

/** Copies the jars with all that they depend on into `folder`, by a pom.xml that is left beside them. */
export async function copyDependencies(artifacts: readonly Coordinates[], folder: string): Promise<void> {
  writeFileSync(join(folder, 'pom.xml'), pom(artifacts))
  requirePrograms(`The download of ${artifacts[0]?.artifact}`, ['mvn', 'java'])
  const args = ['--batch-mode', '--quiet', 'dependency:copy-dependencies', '-DoutputDirectory=.']
  const { exitCode, stdout, stderr } = await runProgram('mvn', args, { folder, withinMs: DOWNLOAD_WITHIN_MS })
  if (exitCode !== 0) throw new PartError(`mvn cannot fetch ${artifacts[0]?.artifact}: ${(stdout + stderr).trim()}`)
}

function pom(artifacts: readonly Coordinates[]): string {
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>sluice</groupId>
  <artifactId>stack</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
${artifacts.map(dependency).join('\n')}
  </dependencies>
</project>
`
}

function dependency({ group, artifact, version, type, classifier, alone = false }: Coordinates): string {
  const lines = [`<groupId>${group}</groupId>`, `<artifactId>${artifact}</artifactId>`, `<version>${version}</version>`]
  if (type !== undefined) lines.push(`<type>${type}</type>`)
  if (classifier !== undefined) lines.push(`<classifier>${classifier}</classifier>`)
  if (alone) lines.push(`<exclusions>${EVERYTHING}</exclusions>`)
  return ['<dependency>', ...lines.map((line) => `  ${line}`), '</dependency>'].map((line) => `    ${line}`).join('\n')
}
