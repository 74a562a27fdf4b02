import { expect, test } from 'vitest'
import { createLogger } from '../../platform/logger.ts'

function written(level: 'debug' | 'info' | 'warn' | 'error') {
  const lines: string[] = []
  const logger = createLogger(level, { write: (line) => lines.push(line) })
  return { lines, logger }
}

test('SPEC M6: personal data and keys never reach a log line, however deep they stand', () => {
  const { lines, logger } = written('info')
  const secrets = { pan: '4242424242424242', cvv: 'c-1-2-3', email: 'a@example.com', secret: 'deadbeef' }
  logger.warn({ ...secrets }, 'flat')
  logger.warn({ record: { ...secrets } }, 'nested')
  logger.warn({ batch: { first: { ...secrets }, payment: { ...secrets } } }, 'deep')
  expect(lines).toHaveLength(3)
  for (const value of Object.values(secrets)) expect(lines.join('')).not.toContain(value)
  expect(lines.join('')).toContain('[redacted]')
})

test('logger: what lies below the level is not written', () => {
  const { lines, logger } = written('warn')
  logger.info('nothing')
  logger.warn({ partition: 3 }, 'something')
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ partition: 3, msg: 'something' }])
})
