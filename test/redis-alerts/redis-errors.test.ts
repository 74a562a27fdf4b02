import { expect, test } from 'vitest'
import { redisError } from '../../redis-alerts/redis-errors.ts'
import { StreamsError } from '../../streams/errors.ts'

const withCode = (message: string, code: string) => Object.assign(new Error(message), { code })

test.each([
  ["OOM command not allowed when used memory > 'maxmemory'.", 'REDIS_OOM', 'retry'],
  ["READONLY You can't write against a read only replica.", 'REDIS_READONLY', 'retry'],
  ['LOADING Redis is loading the dataset in memory', 'REDIS_LOADING', 'retry'],
  ['NOSCRIPT No matching script. Please use EVAL.', 'REDIS_NOSCRIPT', 'retry'],
  ['GAP the last offset held is 3', 'REDIS_GAP', 'retry'],
  ['ERR max number of clients reached', 'REDIS_REFUSED', 'retry'],
  ['Command timed out', 'REDIS_TIMED_OUT', 'retry'],
  ['Connection is closed.', 'REDIS_CLOSED', 'retry'],
  ['CLUSTERDOWN The cluster is down', 'REDIS_CLUSTERDOWN', 'retry'],
  ['Too many Cluster redirections. Last error: ReplyError: TRYAGAIN', 'REDIS_MOVING', 'retry'],
  ['None of startup nodes is available', 'REDIS_UNREACHABLE', 'retry'],
  ["Cluster isn't ready and enableOfflineQueue options is false", 'REDIS_CLOSED', 'retry'],
  ['ERR This instance has cluster support disabled', 'REDIS_REFUSED', 'stop'],
  ['MOVED 866 127.0.0.1:7002', 'REDIS_MOVED', 'stop'],
  ['WRONGPASS invalid username-password pair or user is disabled.', 'REDIS_WRONGPASS', 'stop'],
  ['NOAUTH Authentication required.', 'REDIS_NOAUTH', 'stop'],
  ["NOPERM this user has no permissions to run the 'evalsha' command", 'REDIS_NOPERM', 'stop'],
  ["ERR The user executing the script can't run this command or subcommand", 'REDIS_REFUSED', 'stop'],
  ['WRONGTYPE Operation against a key holding the wrong kind of value', 'REDIS_WRONGTYPE', 'stop'],
  ["ERR unknown command 'PEXPIRETIME'", 'REDIS_REFUSED', 'stop'],
  ['ERR something that no row names', 'REDIS_UNKNOWN', 'stop'],
  ['SOMETHING new', 'REDIS_UNKNOWN', 'stop'],
  ['', 'REDIS_UNKNOWN', 'stop'],
])('SPEC A3: %s', (message, code, next) => {
  expect(redisError(new Error(message))).toMatchObject({ code, next })
})

test.each([
  ['ECONNREFUSED', 'retry'],
  ['ENOTFOUND', 'retry'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'stop'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'stop'],
])('SPEC A3: a socket’s %s', (code, next) => {
  expect(redisError(withCode('of the socket', code))).toMatchObject({ code: 'REDIS_UNREACHABLE', next })
})

test('an error of Redis never carries the command, which may be a log-in', () => {
  const refused = Object.assign(new Error('WRONGPASS no'), { command: { name: 'auth', args: ['default', 'secret-1'] } })
  const error = redisError(refused)
  expect(JSON.stringify([error, error.cause ?? null, error.stack])).not.toContain('secret-1')
})

test('an error that is classified already stays as it is', () => {
  const error = new StreamsError('ALERTS_LOST', 'retry', 'x')
  expect(redisError(error)).toBe(error)
})
