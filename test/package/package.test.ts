import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kafka, startKafka } from '../../stack/kafka/kafka.ts'
import { KafkaLog } from '../../streams/kafka/kafka-log.ts'
import { ExampleProcess } from '../examples/example-process.ts'
import { type ExampleGround, embeddedLogOf, killWindowedCount, killWordCount } from '../examples/survives-kills.ts'
import { onRealParts, START_MS } from '../support/real-parts.ts'

// Goal: what a stranger gets is the package, and it works: `npm pack`, installed in an empty folder far from the checkout.
// Method: the tarball is listed, installed with npm, type-checked against, and run under each Node that it says it supports.

const CHECKOUT = join(import.meta.dirname, '../..')
const COMPILER = join(CHECKOUT, 'node_modules/.bin/tsc')
/** The other one is Node 24, which runs this test. */
const NODE_22 = '22.23.3'
const KILLS = 1

const PAYMENT = {
  transaction_id: 'a',
  event_time: 1_700_000_000_000,
  sender_account_id: 'alice',
  receiver_account_id: 'shop',
  amount_minor: 100,
  currency: 'USD',
  kind: 'card',
  channel: 'ecommerce',
}

/** A program that uses every export, with mistakes that the types must see. */
const CONSUMER = `
import { type Application, json, keyValueStore, number, StreamsError, text, topic, topology, windowedStore } from 'sluice/streams'
import { run } from 'sluice/streams/embedded'
import * as kafka from 'sluice/streams/kafka'
import { TestDriver } from 'sluice/streams/testing'

const input = topic('input', { key: text, value: json<{ amount: number }>() })
const output = topic('output', { key: text, value: number })
const sums = keyValueStore('sums', { key: text, value: number, entriesMax: 10 })
const windows = windowedStore('windows', { key: text, value: number, windowMs: 1, graceMs: 0, entriesMax: 10 })
export const sum = topology('sum', 1).processor({
  from: input,
  stores: [sums, windows],
  to: [output],
  eventTimeMs: ({ value }) => value.amount,
  process: ({ key, value, timestampMs }, { store, forward }) => {
    const before: number | undefined = store(sums).get(key)
    store(sums).set(key, (before ?? 0) + value.amount)
    const window: { readonly startMs: number } | null = store(windows).window(timestampMs)
    forward(output, key, (before ?? 0) + (window?.startMs ?? 0))
    // @ts-expect-error: a key is text.
    forward(output, 1, 1)
    // @ts-expect-error: a value is a number.
    store(sums).set(key, 'one')
    // @ts-expect-error: there is no such field.
    value.currency
  },
})
export const application: Promise<Application> = run(sum, { directory: 'data' })
export const onKafka: Promise<Application> = kafka.run(sum, {
  directory: 'data',
  bootstrapServers: ['broker:9092'],
  tls: { ca: 'PEM' },
  sasl: { mechanism: 'SCRAM-SHA-512', username: 'sum', password: 'secret' },
})
// @ts-expect-error: a cluster has brokers.
export const nowhere: Promise<Application> = kafka.run(sum, { directory: 'data' })
export const values: number[] = new TestDriver(sum).readOutputs(output).map(({ value }) => value)
export const error: Error = new StreamsError('CODE', 'stop', 'what')
`

let folder = ''
let files: string[] = []

/** Every Node that the package says it runs on. */
const NODES = [
  { version: '22', program: () => join(folder, 'node_modules/node/bin/node') },
  { version: '24', program: () => process.execPath },
]

function npm(args: readonly string[], cwd: string): string {
  return execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'sluice-package-')))
  const [packed] = JSON.parse(npm(['pack', '--json', '--silent', '--pack-destination', folder], CHECKOUT)) as [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ]
  files = packed.files.map(({ path }) => path)
  const consumer = { name: 'consumer', private: true, type: 'module', allowScripts: { node: true } }
  writeFileSync(join(folder, 'package.json'), JSON.stringify(consumer))
  npm(
    ['install', '--no-audit', '--no-fund', '--loglevel=error', join(folder, packed.filename), `node@${NODE_22}`],
    folder,
  )
  for (const name of ['word-count.ts', 'windowed-count.ts']) {
    copyFileSync(join(CHECKOUT, 'examples', name), join(folder, name))
  }
}, 600_000)

afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** An example in a folder of its own below the installed package, and what it is told besides that folder. */
function groundOf(
  example: string,
  name: string,
  program: string,
  args: readonly string[],
  openLog: (directory: string) => ReturnType<ExampleGround['openLog']>,
): ExampleGround {
  const directory = join(folder, `${example}-${name}`)
  mkdirSync(directory)
  const command = [program, join(folder, `${example}.ts`), directory, ...args]
  return { start: () => new ExampleProcess(command, folder), openLog: () => openLog(directory) }
}

async function expectSurvival(kills: ReturnType<typeof killWordCount> | ReturnType<typeof killWindowedCount>) {
  const { found, expected } = await kills
  expect(found).toEqual(expected)
  expect(Object.keys(found).length).toBeGreaterThan(0)
}

describe('the package', () => {
  test('holds what was built, what that reads, and nothing else', () => {
    const built =
      /^dist\/(?:api|bigquery|bin|client|dashboards\/board|otp|platform|processors|producers|redis-alerts|schemas|streams)\/[\w/.-]+\.(?:js|d\.ts)$/
    // Their names change with their content.
    const ofPage = /^dist\/dashboards\/page\/built\/assets\/[\w-]+\.(css|js|svg)$/
    const pageFiles = files.flatMap((path) => ofPage.exec(path)?.[1] ?? [])
    expect(pageFiles.toSorted()).toEqual(['css', 'js', 'svg'])
    const beside = files.filter((path) => !built.test(path) && !ofPage.test(path))
    expect(beside.toSorted()).toEqual([
      'LICENSE',
      'README.md',
      'bin/launch.js',
      'bin/sluice.js',
      'dist/dashboards/page/built/index.html',
      'dist/dashboards/page/built/sources.txt',
      'dist/rules/default.yaml',
      ...readdirSync(join(CHECKOUT, 'schemas/registry')).map((file) => `dist/schemas/registry/${file}`),
      'package.json',
    ])
    expect(files).toContain('dist/streams/index.d.ts')
    expect(files).toContain('dist/streams/embedded/writing-thread.js')
  })

  test('has types that a strict program compiles against, without any types of Node', () => {
    writeFileSync(join(folder, 'consumer.ts'), CONSUMER)
    const compilerOptions = { strict: true, module: 'nodenext', target: 'es2024', noEmit: true, types: [] }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }))
    execFileSync(COMPILER, ['-p', folder], { stdio: ['ignore', 'inherit', 'inherit'] })
  }, 120_000)

  describe.each(NODES)('under Node $version', ({ version, program }) => {
    const ground = (example: string) => groundOf(example, `embedded-${version}`, program(), [], embeddedLogOf)

    test('is that Node', () => {
      expect(execFileSync(program(), ['--version'], { encoding: 'utf8' })).toMatch(new RegExp(`^v${version}[.]`))
    })

    test('word count counts every word once on the embedded log, killed with -9', async () => {
      await expectSurvival(killWordCount(ground('word-count'), KILLS))
    }, 240_000)

    test('windowed count counts every click once on the embedded log, killed with -9', async () => {
      await expectSurvival(killWindowedCount(ground('windowed-count'), KILLS))
    }, 240_000)

    test('the program decides payments and verifies them', () => {
      const directory = join(folder, `program-${version}`)
      const payments = join(folder, `payments-${version}.jsonl`)
      writeFileSync(payments, `${JSON.stringify(PAYMENT)}\n${JSON.stringify({ ...PAYMENT, transaction_id: 'b' })}\n`)
      const sluice = (...args: readonly string[]) => {
        const packed = [join(folder, 'node_modules/sluice/bin/sluice.js'), ...args, '--data', directory]
        return execFileSync(program(), packed, { cwd: folder, encoding: 'utf8' })
      }
      expect(sluice('import', 'jsonl', payments)).toContain('2 rows: 2 sent, 0 bad')
      expect(sluice('verify')).toContain('2 inputs, one disposition each; 2 outputs compared')
    }, 240_000)
  })
})

await onRealParts(['kafka'], 'the package on Kafka', () => {
  describe.each(NODES)('under Node $version', ({ version, program }) => {
    let kafka: Kafka

    beforeAll(async () => {
      kafka = await startKafka()
    }, START_MS)
    afterAll(() => kafka?.stop(), START_MS)

    function ground(example: string): ExampleGround {
      const { bootstrap: bootstrapServers } = kafka
      const openLog = async () => new KafkaLog({ kafka: { bootstrapServers, clientId: 'test' } })
      return groundOf(example, `kafka-${version}`, program(), bootstrapServers, openLog)
    }

    test('word count counts every word once on Kafka, killed with -9', async () => {
      await expectSurvival(killWordCount(ground('word-count'), KILLS))
    }, 240_000)

    test('windowed count counts every click once on Kafka, killed with -9', async () => {
      await expectSurvival(killWindowedCount(ground('windowed-count'), KILLS))
    }, 240_000)
  })
})
