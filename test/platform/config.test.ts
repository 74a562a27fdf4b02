import { describe, expect, test } from 'vitest'
import { ConfigError, readConfig, shownSettings, variableOf } from '../../platform/config.ts'

// Goal: every setting has a default that is valid; a wrong one stops the start with its name, and nothing is taken in silence.
describe('config: wrong settings', () => {
  test.for([
    { variable: 'SLUICE_METRICS_PORT', value: '70000', why: 'over the highest port' },
    { variable: 'SLUICE_METRICS_PORT', value: 'http', why: 'no number' },
    { variable: 'SLUICE_METRICS_PORT', value: '9464.5', why: 'no whole number' },
    { variable: 'SLUICE_PROFILE', value: 'prod', why: 'not one of the profiles' },
    { variable: 'SLUICE_LOG_LEVEL', value: 'verbose', why: 'not one of the levels' },
    { variable: 'SLUICE_LOG_BYTES_MAX', value: '1024', why: 'too little for a log' },
    { variable: 'SLUICE_CHECKPOINT_INTERVAL_MS', value: '-1', why: 'negative' },
    { variable: 'SLUICE_FETCH_ARENA_BYTES', value: '1000', why: 'smaller than a batch may be' },
    { variable: 'SLUICE_DEDUP_MAX_IDS_PER_PARTITION', value: '33357825', why: 'one over what the table can hold' },
    { variable: 'SLUICE_SIMULATE', value: 'true', why: 'neither yes nor no' },
    { variable: 'SLUICE_METRIC_PORT', value: '9464', why: 'no such setting' },
  ])('config: $variable=$value is refused by name: $why', ({ variable, value }) => {
    expect(() => readConfig({ [variable]: value })).toThrow(ConfigError)
    expect(() => readConfig({ [variable]: value })).toThrow(variable)
  })

  test('config: all wrong ones are named at once, each on its own line', () => {
    const wrong = { SLUICE_PROFILE: 'x', SLUICE_METRICS_PORT: 'y', SLUICE_NOTHING: '1' }
    try {
      readConfig(wrong)
      expect.unreachable()
    } catch (error) {
      const lines = (error as Error).message.split('\n')
      expect(lines).toHaveLength(3)
      for (const variable of Object.keys(wrong)) expect(lines.filter((line) => line.includes(variable))).toHaveLength(1)
    }
  })
})

describe('config: the error of an address shows no log-in', () => {
  test.for([
    { variable: 'SLUICE_REDIS_URL', value: 'redis://:s3cret@host', shown: 'redis://***@host' },
    { variable: 'SLUICE_REDIS_URL', value: 'redis://:s3/cret@host/0', shown: 'redis://***@host/0' },
    { variable: 'SLUICE_REDIS_URL', value: 'redis://s3cret:a@cret@host', shown: 'redis://***@host' },
    { variable: 'SLUICE_REDIS_URL', value: 'redis://:s3://cret@host', shown: 'redis://***@host' },
    { variable: 'SLUICE_REDIS_URL', value: 'redis://:s3\ncret@host', shown: 'redis://***@host' },
    { variable: 'SLUICE_REDIS_URL', value: ':s3://cret@host', shown: '***@host' },
    { variable: 'SLUICE_KAFKA_BOOTSTRAP', value: 'user:s3cret@host:9092', shown: '***@host:9092' },
    { variable: 'SLUICE_KAFKA_BOOTSTRAP', value: 'a:1,user:s3cret@b:2,user:cret@c:3', shown: '***@c:3' },
    {
      variable: 'SLUICE_KAFKA_BOOTSTRAP',
      value: 'SASL_SSL://user:s3cret@host:9092',
      shown: 'SASL_SSL://***@host:9092',
    },
    { variable: 'SLUICE_OTP_GATEWAY_URL', value: 'ftp://user:s3cret@host', shown: 'ftp://***@host' },
    { variable: 'SLUICE_REGISTRY_URL', value: 'https://user:s3cret@host', shown: 'https://***@host' },
    // Which would be taken otherwise, and printed by `sluice config`.
    { variable: 'SLUICE_REGISTRY_URL', value: 'https://:s3cret@host', shown: 'https://***@host' },
    { variable: 'SLUICE_OTP_GATEWAY_URL', value: 'smtp://:s3cret@host', shown: 'smtp://***@host' },
    { variable: 'SLUICE_API_JWKS', value: 'https://user:s3cret@host/keys', shown: 'https://***@host/keys' },
    { variable: 'SLUICE_BIGQUERY_URL', value: 'http://user:s3cret@host/v2', shown: 'http://***@host/v2' },
  ])('config: $variable=$value is shown as $shown', ({ variable, value, shown }) => {
    const refused = () => readConfig({ [variable]: value })
    expect(refused).toThrow(`${variable}=${shown}: `)
    expect(refused).not.toThrow(/s3|cret|user/)
  })
})

test('config: an empty environment gives the defaults, and every setting is shown', () => {
  const config = readConfig({})
  const shown = shownSettings(config)
  expect(shown.map(({ value, byDefault }) => value === byDefault)).not.toContain(false)
  expect(shown.map(({ variable }) => variable)).toContain(variableOf('metricsPort'))
  expect(shown.every(({ variable, doc }) => variable.startsWith('SLUICE_') && doc.length > 0)).toBe(true)
})

test('config: the command line goes before the environment, and foreign variables are nobody’s business', () => {
  const config = readConfig({ SLUICE_DATA: 'a', PATH: '/bin' }, { SLUICE_DATA: 'b' })
  expect(config.dataFolder).toBe('b')
})

test('config: what tests and benches are told is no setting, and no mistake', () => {
  expect(() => readConfig({ SLUICE_TEST_SEED: '1', SLUICE_BENCH_SHORT: '1' }, {})).not.toThrow()
  expect(() => readConfig({ SLUICE_BENCHMARK: '1' }, {})).toThrow(/SLUICE_BENCHMARK is no setting/)
})
