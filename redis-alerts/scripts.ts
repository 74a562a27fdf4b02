import { ACTIONS_MAX } from './lives.ts'

/*
 * One script an entry: all of it or nothing, since with a shebang Redis refuses OOM, READONLY and a missing command
 * before the first line. Each is safe to repeat. Only Redis's own clock says what is past, as it does when keys expire.
 */

/** Refuses a gap; leaves `held`, the last offset of the source, and `nowMs`. */
const BEGIN = `#!lua
local offset = tonumber(ARGV[2])
local held = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '-1')
if held < tonumber(ARGV[3]) then return redis.error_reply('GAP the last offset held is ' .. held) end
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** Takes expired accounts out of the set, some at a time so that no call is long. */
const PRUNE = `
local gone = redis.call('ZRANGEBYSCORE', expiryKey, '-inf', nowMs, 'LIMIT', 0, 500)
if #gone > 0 then
  redis.call('SREM', accountsKey, unpack(gone))
  redis.call('ZREM', expiryKey, unpack(gone))
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
local json, account = ARGV[4], ARGV[5]
local accountsKey, expiryKey, alertKey, countKey = KEYS[3], KEYS[4], KEYS[5], KEYS[6]
${PRUNE}
if account ~= '' then
  local alertEndsMs, countEndsMs, count = tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
  if countEndsMs > nowMs then
    local standsMs = redis.call('PEXPIRETIME', countKey)
    local newer = countEndsMs > standsMs
    if countEndsMs == standsMs then newer = count > tonumber(redis.call('GET', countKey)) end
    if newer then redis.call('SET', countKey, ARGV[8], 'PXAT', ARGV[7]) end
  end
  if alertEndsMs > nowMs then
    local standsMs = redis.call('PEXPIRETIME', alertKey)
    local newer = alertEndsMs > standsMs
    -- At one time of one sender the offset decides, so what entered the stream last stands.
    if alertEndsMs == standsMs then newer = offset > held end
    if newer then redis.call('SET', alertKey, json, 'PXAT', ARGV[6]) end
    redis.call('SADD', accountsKey, account)
    redis.call('ZADD', expiryKey, 'GT', ARGV[6], account)
  end
end
${tell('alert', streamEntriesMax)}
  redis.call('PUBLISH', ARGV[9], json)
end
return 1`

/** KEYS offsets stream actions; ARGV source offset previous json field endsMs. */
const writeAction = (streamEntriesMax: number) => `${BEGIN}
local json = ARGV[4]
local fields = redis.call('HGETALL', KEYS[3])
local keyEndsMs, standing = 0, 0
for i = 1, #fields, 2 do
  local endsMs = cjson.decode(fields[i + 1]).ends_at
  if endsMs <= nowMs then
    redis.call('HDEL', KEYS[3], fields[i])
  else
    keyEndsMs = math.max(keyEndsMs, endsMs)
    standing = standing + 1
  end
end
local endsMs = tonumber(ARGV[6])
if endsMs > nowMs and standing < ${ACTIONS_MAX} and redis.call('HSETNX', KEYS[3], ARGV[5], json) == 1 then
  redis.call('PEXPIREAT', KEYS[3], math.max(keyEndsMs, endsMs))
end
${tell('action', streamEntriesMax)}
end
return 1`

/**
 * KEYS offsets stream accounts expiry alert count actions; ARGV source offset previous account mark. The one script that looks at the
 * whole stream: an erasure is rare, and what it leaves must not be read again.
 */
const ERASE = `${BEGIN}
redis.call('DEL', KEYS[5], KEYS[6], KEYS[7])
redis.call('SREM', KEYS[3], ARGV[4])
redis.call('ZREM', KEYS[4], ARGV[4])
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '-', '+')) do
  if string.find(entry[2][2], ARGV[5], 1, true) then redis.call('XDEL', KEYS[2], entry[1]) end
end
if offset > held then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return 1`

/** KEYS offsets; ARGV source offset previous. */
const PASS = `${BEGIN}
if offset > held then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
return 1`

/** KEYS accounts expiry; returns how many have left. */
const SWEEP = `#!lua
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local accountsKey, expiryKey = KEYS[1], KEYS[2]
${PRUNE}
return #gone`

/** The scripts by what they are for, over a stream of so many entries. */
export function scriptsOf(streamEntriesMax: number) {
  return {
    alert: writeAlert(streamEntriesMax),
    action: writeAction(streamEntriesMax),
    erasure: ERASE,
    passed: PASS,
    sweep: SWEEP,
  } as const
}
