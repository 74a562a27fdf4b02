import { ACTIONS_MAX } from './lives.ts'

/*
 * One script an entry: all of it or nothing, since with a shebang Redis refuses OOM, READONLY and a missing command
 * before the first line. Each is safe to repeat. Only Redis's own clock says what is past, as it does when keys expire.
 */

/** Leaves `nowMs`. */
export const NOW = `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** Refuses a gap; leaves `held`, the last offset of the source, and `nowMs`. */
const BEGIN = `#!lua
local offset = tonumber(ARGV[2])
local held = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '-1')
if held < tonumber(ARGV[3]) then return redis.error_reply('GAP the last offset held is ' .. held) end
${NOW}`

/** Takes expired accounts out of the set, some at a time so that no call is long. */
export const PRUNE = `
local gone = redis.call('ZRANGEBYSCORE', expiryKey, '-inf', nowMs, 'LIMIT', 0, 500)
if #gone > 0 then
  redis.call('SREM', accountsKey, unpack(gone))
  redis.call('ZREM', expiryKey, unpack(gone))
end
`

/** The newer of two counts stands, at one time the higher. Wants `countKey`, `count` and `countEndsMs` as text. */
export const JOIN_COUNT = `
if tonumber(countEndsMs) > nowMs then
  local standsMs = redis.call('PEXPIRETIME', countKey)
  local newer = tonumber(countEndsMs) > standsMs
  if tonumber(countEndsMs) == standsMs then newer = tonumber(count) > tonumber(redis.call('GET', countKey)) end
  if newer then redis.call('SET', countKey, count, 'PXAT', countEndsMs) end
end
`

/**
 * The newer of two alerts stands; at one time of one sender `isLater` decides, which is by the offset, so what entered the stream
 * last stands. `after` sees `newer`. Wants `alertKey`, `json` and `alertEndsMs` as text.
 */
export const joinAlert = (isLater: string, after: string) => `
if tonumber(alertEndsMs) > nowMs then
  local standsMs = redis.call('PEXPIRETIME', alertKey)
  local newer = tonumber(alertEndsMs) > standsMs
  if tonumber(alertEndsMs) == standsMs then newer = ${isLater} end
  if newer then redis.call('SET', alertKey, json, 'PXAT', alertEndsMs) end
  ${after}
end
`

/** Wants `accountsKey`, `expiryKey`, `account` and `alertEndsMs`. */
export const ADD_ACCOUNT = `
redis.call('SADD', accountsKey, account)
redis.call('ZADD', expiryKey, 'GT', alertEndsMs, account)
`

/** An action stands once, until it ends; what has ended goes. Wants `actionsKey`, `field`, `json` and `endsMs` as a number. */
export const JOIN_ACTION = `
local fields = redis.call('HGETALL', actionsKey)
local keyEndsMs, standing = 0, 0
for i = 1, #fields, 2 do
  local ownEndsMs = cjson.decode(fields[i + 1]).ends_at
  if ownEndsMs <= nowMs then
    redis.call('HDEL', actionsKey, fields[i])
  else
    keyEndsMs = math.max(keyEndsMs, ownEndsMs)
    standing = standing + 1
  end
end
if endsMs > nowMs and standing < ${ACTIONS_MAX} and redis.call('HSETNX', actionsKey, field, json) == 1 then
  redis.call('PEXPIREAT', actionsKey, math.max(keyEndsMs, endsMs))
end
`

/** A newer entry enters the stream, however late it comes; an older one stands there already. */
const tell = (kind: string, streamEntriesMax: number) => `
if offset > held then
  redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${streamEntriesMax}, '*', '${kind}', json)
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
`

/** KEYS offsets stream accounts expiry alert count; ARGV source offset previous json account alertEndsMs countEndsMs fraudCount channel. */
const writeAlert = (streamEntriesMax: number) => `${BEGIN}
local json, account, alertEndsMs, countEndsMs, count = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
local accountsKey, expiryKey, alertKey, countKey = KEYS[3], KEYS[4], KEYS[5], KEYS[6]
${PRUNE}
if account ~= '' then
  ${JOIN_COUNT}
  ${joinAlert('offset > held', ADD_ACCOUNT)}
end
${tell('alert', streamEntriesMax)}
  redis.call('PUBLISH', ARGV[9], json)
end
return 1`

/** KEYS offsets stream actions; ARGV source offset previous json field endsMs. */
const writeAction = (streamEntriesMax: number) => `${BEGIN}
local json, field, endsMs, actionsKey = ARGV[4], ARGV[5], tonumber(ARGV[6]), KEYS[3]
${JOIN_ACTION}
${tell('action', streamEntriesMax)}
end
return 1`

/** Takes entries with a mark out of a stream. It looks at all of it: an erasure is rare, and what it leaves must not be read again. */
export const untell = (stream: string, mark: string) => `
for _, entry in ipairs(redis.call('XRANGE', ${stream}, '-', '+')) do
  if string.find(entry[2][2], ${mark}, 1, true) then redis.call('XDEL', ${stream}, entry[1]) end
end
`

/** KEYS offsets stream accounts expiry alert count actions; ARGV source offset previous account mark. */
const ERASE = `${BEGIN}
redis.call('DEL', KEYS[5], KEYS[6], KEYS[7])
redis.call('SREM', KEYS[3], ARGV[4])
redis.call('ZREM', KEYS[4], ARGV[4])
${untell('KEYS[2]', 'ARGV[5]')}
if offset > held then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return 1`

/** KEYS offsets; ARGV source offset previous. */
const PASS = `${BEGIN}
if offset > held then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return 1`

/** KEYS accounts expiry; returns how many have left. */
export const SWEEP = `#!lua
${NOW}
local accountsKey, expiryKey = KEYS[1], KEYS[2]
${PRUNE}
return #gone`

/** The scripts of one server by what they are for, over a stream of so many entries. */
export function scriptsOf(streamEntriesMax: number) {
  return {
    alert: writeAlert(streamEntriesMax),
    action: writeAction(streamEntriesMax),
    erasure: ERASE,
    passed: PASS,
    sweep: SWEEP,
  } as const
}
