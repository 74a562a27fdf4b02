import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { requireQuota } from '../../bin/runtime/archive/bigquery-mode.ts'
import { bigQueryTarget } from '../../bin/runtime/archive/bigquery-target.ts'
import { readConfig } from '../../platform/config.ts'
import { BigQueryDouble } from '../bigquery/double/bigquery-double.ts'
import { sluice, temporaryFolder } from './sluice-process.ts'

const PROJECT = { SLUICE_BIGQUERY_PROJECT: 'shop' }

function keyFile(text: string, mode = 0o600): string {
  const path = join(temporaryFolder(), 'key.json')
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

let double: BigQueryDouble
beforeAll(async () => {
  double = await BigQueryDouble.start()
})
afterAll(() => double.stop())

test('the key of a service account comes from its file alone', () => {
  const key = { client_email: 'archive@shop.example', private_key: 'secret' }
  const target = bigQueryTarget(
    readConfig({ ...PROJECT, SLUICE_BIGQUERY_KEY_FILE: keyFile(JSON.stringify({ type: 'service_account', ...key })) }),
  )
  expect(target).toEqual({ project: 'shop', dataset: 'sluice', location: 'US', key, standIn: null, timeoutMs: 30_000 })
})

test.each([
  ['no project', {}, 'SLUICE_BIGQUERY_PROJECT is not set'],
  ['half of a stand-in', { ...PROJECT, SLUICE_BIGQUERY_URL: 'http://127.0.0.1:1/x' }, 'belong together'],
  [
    'a key for a stand-in',
    {
      ...PROJECT,
      SLUICE_BIGQUERY_URL: 'http://127.0.0.1:1/x',
      SLUICE_BIGQUERY_STORAGE: '127.0.0.1:1',
      SLUICE_BIGQUERY_KEY_FILE: '/key.json',
    },
    'in clear',
  ],
  ['a stand-in that is no address', { ...PROJECT, SLUICE_BIGQUERY_STORAGE: 'nowhere' }, 'host:port'],
])('%s is refused by name', (_, env, what) => {
  expect(() => bigQueryTarget(readConfig(env))).toThrow(what)
})

test('a key file that is none, or open to others, is refused without its text', () => {
  const target = (file: string) => () => bigQueryTarget(readConfig({ ...PROJECT, SLUICE_BIGQUERY_KEY_FILE: file }))
  expect(target(keyFile('{"private_key": "secret"}'))).toThrow('is no key file of a service account')
  expect(target(keyFile('secret'))).toThrow(
    expect.not.objectContaining({ message: expect.stringContaining('secret') as string }),
  )
  expect(target(keyFile('{}', 0o644))).toThrow('can be read by others')
})

test('SPEC B2: sluice archive --bigquery without its dataset ends with one line that says what to do', {
  timeout: 60_000,
}, async () => {
  const { standIn } = double.target('missing')
  const env = {
    SLUICE_BIGQUERY_PROJECT: 'shop',
    SLUICE_BIGQUERY_DATASET: 'missing',
    SLUICE_BIGQUERY_URL: `${standIn!.url}/bigquery/v2`,
    SLUICE_BIGQUERY_STORAGE: standIn!.storage,
    SLUICE_DATA: temporaryFolder(),
  }
  const { code, stderr } = await sluice(['archive', '--bigquery'], env)
  expect(stderr).toBe(
    'sluice: the dataset shop.missing is not there; `sluice archive init --bigquery` makes what is missing, nothing was read\n',
  )
  expect(code).toBe(1)
})

test('SPEC B2: an interval of load jobs that BigQuery’s quota does not last for is refused; a stand-in has none', () => {
  const configOf = (env: Record<string, string>) => readConfig({ ...PROJECT, SLUICE_BIGQUERY_MODE: 'load', ...env })
  const real = (loadMs: string) => {
    const config = configOf({ SLUICE_BIGQUERY_LOAD_MS: loadMs })
    requireQuota(config, bigQueryTarget(config))
  }
  expect(() => real('691199')).toThrow('SLUICE_BIGQUERY_LOAD_MS=691199 is 1501 load jobs a day for one table')
  expect(() => real('691200')).not.toThrow()
  const standIn = { SLUICE_BIGQUERY_URL: 'http://127.0.0.1:1/bigquery/v2', SLUICE_BIGQUERY_STORAGE: '127.0.0.1:2' }
  const config = configOf({ SLUICE_BIGQUERY_LOAD_MS: '1000', ...standIn })
  expect(() => requireQuota(config, bigQueryTarget(config))).not.toThrow()
})
