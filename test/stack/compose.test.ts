import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../../platform/config.ts'
import { IMAGES } from '../../stack/containers/images.ts'
import { kafkaVariables } from '../../stack/containers/kafka-variables.ts'
import { runProgram } from '../../stack/run-program.ts'
import { START_MS } from '../support/real-parts.ts'
import { composeFile, dockerInstructions, loadedFiles, PROJECT, projectFile, type Service } from './compose-file.ts'

// Goal: no Docker daemon runs here, so what can be said of the containers without one is said by these checks.
const PROFILES = ['core', 'cluster', 'bigquery', 'observability']
const { services, volumes } = composeFile()
const dockerfile = dockerInstructions(projectFile('Dockerfile'))

/** The services that run the program of this project. */
const ours = Object.entries(services).filter(([, { build }]) => build === '.')

function sluice(...args: string[]) {
  return runProgram(process.execPath, [join(PROJECT, 'bin/sluice.ts'), ...args], { withinMs: START_MS })
}

test('compose: the file is valid by the schema of the Compose Specification, which bites', {
  timeout: START_MS,
}, () => {
  // The schema's formats are Compose's own durations and ports, which no JSON schema library knows.
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  const validate = ajv.compile(JSON.parse(projectFile('test/stack/compose-spec/compose-spec.json')))
  const document = parse(projectFile('docker-compose.yml'), { merge: true })
  expect(validate(document) ? [] : validate.errors).toEqual([])
  const broken = structuredClone(document)
  broken.services.redis.port = broken.services.redis.ports
  expect(validate(broken)).toBe(false)
})

describe.each(Object.entries(services))('compose: %s', (name, service: Service) => {
  test('compose: it has a known profile and a health check', () => {
    expect(service.profiles).toHaveLength(1)
    expect(PROFILES).toContain(service.profiles?.[0])
    expect(service.healthcheck?.test.length).toBeGreaterThan(1)
  })

  test('compose: its image is pinned, and its ports are this machine’s alone', () => {
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+[\w.-]*$/)
    if (name in IMAGES) expect(service.image).toBe(IMAGES[name as keyof typeof IMAGES])
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:\d+:\d+$/)
  })

  test('compose: its volumes are declared, its files are there', () => {
    for (const volume of service.volumes ?? []) {
      const [source] = volume.split(':')
      if (source!.startsWith('./')) expect(existsSync(join(PROJECT, source!)), source).toBe(true)
      else expect(Object.keys(volumes)).toContain(source)
    }
    if (service.build !== undefined) expect(existsSync(join(PROJECT, service.build, 'Dockerfile'))).toBe(true)
  })
})

test('compose: every profile has a service, every volume a user, and no port is given twice', () => {
  const all = Object.values(services)
  expect(new Set(all.flatMap(({ profiles }) => profiles ?? []))).toEqual(new Set(PROFILES))
  const used = all.flatMap((service) => service.volumes ?? []).map((volume) => volume.split(':')[0])
  expect(Object.keys(volumes).filter((volume) => !used.includes(volume))).toEqual([])
  const ports = all.flatMap((service) => service.ports ?? []).map((port) => port.split(':')[1])
  expect(new Set(ports).size).toBe(ports.length)
})

test('compose: commands and their options are those of the program', { timeout: START_MS }, async () => {
  expect(ours.length).toBeGreaterThan(0)
  const { stdout } = await sluice('--help')
  const commands = [...stdout.slice(stdout.indexOf('Commands:')).matchAll(/^ {2}(\w[\w-]*)/gm)].map(([, name]) => name)
  const { rest } = dockerfile.find(({ word }) => word === 'CMD')!
  for (const [command, ...args] of [
    ...ours.map(([, service]) => service.command ?? []),
    JSON.parse(rest) as string[],
  ]) {
    expect(commands).toContain(command)
    const help = await sluice(command!, '--help')
    expect(help.exitCode).toBe(0)
    for (const option of args.filter((arg) => arg.startsWith('--'))) expect(help.stdout).toContain(`${option} `)
  }
})

test('compose: variables and their values are those of the configuration', () => {
  const inImage = dockerfile.filter(({ word }) => word === 'ENV').flatMap(({ rest }) => rest.split(' '))
  const imageEnvironment = Object.fromEntries(inImage.map((pair) => pair.split('=') as [string, string]))
  for (const [, { environment = {} }] of ours) readConfig({ ...imageEnvironment, ...environment })
  expect(() => readConfig({ ...imageEnvironment, SLUICE_METRIC_PORT: '9464' })).toThrow('SLUICE_METRIC_PORT')
  for (const [name, { environment = {} }] of Object.entries(services)) {
    const strays = Object.keys(environment).filter((variable) => variable.startsWith('SLUICE_'))
    if (!ours.some(([own]) => own === name)) expect(strays).toEqual([])
  }
})

test('compose: Kafka has the launcher’s settings', () => {
  // A broker in a network of containers has other addresses.
  const places = /LISTENER|QUORUM|CLUSTER_ID/
  const launcher = kafkaVariables('127.0.0.1', 9092)
  const compared = Object.entries(services['kafka']!.environment ?? {}).filter(([variable]) => !places.test(variable))
  for (const [variable, value] of compared) expect(`${variable}=${value}`).toBe(`${variable}=${launcher[variable]}`)
  expect(compared.length).toBeGreaterThan(10)
})

test('compose: Prometheus asks services that are there, on the port that they serve metrics on', () => {
  const { scrape_configs } = parse(projectFile('stack/observability/prometheus.yml')) as {
    scrape_configs: { static_configs: { targets: string[] }[] }[]
  }
  const targets = scrape_configs.flatMap((job) => job.static_configs.flatMap((group) => group.targets))
  const metrics = ours.map(([name, { environment }]) => `${name}:${environment?.['SLUICE_METRICS_PORT']}`)
  expect(targets).toEqual(metrics)
})

test('compose: the image holds every file that the program loads, and not all of the checkout', () => {
  const copied = dockerfile.filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from'))
  const sources = copied.flatMap(({ rest }) => rest.split(' ').slice(0, -1))
  const allowed = projectFile('.dockerignore').split('\n')
  for (const source of sources) {
    expect(existsSync(join(PROJECT, source)), source).toBe(true)
    expect(allowed).toContain(`!${source}`)
  }
  const loaded = [...loadedFiles('bin/sluice.ts')]
  expect(loaded.length).toBeGreaterThan(100)
  expect(loaded.filter((path) => !sources.some((source) => path.startsWith(`${source}/`)))).toEqual([])
  expect(sources).not.toContain('test')
})

test('compose: the program runs as a user without rights, on a file system that it cannot write to', () => {
  const stages = dockerfile.map(({ word }) => word)
  const last = dockerfile.slice(stages.lastIndexOf('FROM'))
  expect(last.filter(({ word }) => word === 'USER')).toEqual([{ word: 'USER', rest: 'node' }])
  for (const [, service] of ours) {
    expect(service.read_only).toBe(true)
    expect(service).toMatchObject({ cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] })
  }
})
