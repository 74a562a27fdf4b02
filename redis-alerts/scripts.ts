import { ACTIONS_MAX } from './lives.ts'

/*
 * One script for a stretch of entries: each is whole or not there, since with a shebang Redis refuses OOM, READONLY and a missing
 * command before the first line. It is safe to repeat. Only Redis's own clock says what is past, as it does when keys expire.
 */

/** Leaves `nowMs`. */
export const NOW = `
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
`

/** Accounts that leave the set at one call at most, so that none is long. */
export const PRUNED_MAX = 500

/** Takes expired accounts out of the set. */
export const PRUNE = `
local gone = redis.call('ZRANGEBYSCORE', expiryKey, '-inf', nowMs, 'LIMIT', 0, ${PRUNED_MAX})
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
  local ownEndsMs = tonumber(string.match(fields[i + 1], '"ends_at":(%d+)'))
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

/**
 * Takes entries with a mark out of a stream. It looks at all of it: an erasure is rare, and what it leaves must not be read again. Who has
 * read them sees by `erasureKey` that there was one; the time names it, since a count would begin again in an emptied Redis. Wants `time`.
 * One that the stream is past (not `isNew`) leaves the stream as it is: what stands there came later, and would not enter again.
 */
export const untell = (stream: string, mark: string, erasureKey: string, isNew: string) => `
if ${isNew} then
  for _, entry in ipairs(redis.call('XRANGE', ${stream}, '-', '+')) do
    if string.find(entry[2][2], ${mark}, 1, true) then redis.call('XDEL', ${stream}, entry[1]) end
  end
end
redis.call('SET', ${erasureKey}, time[1] .. '-' .. time[2])
`

/**
 * The newest alert that the set of accounts knows of a sender is its newest in all: whatever is newer lives longer. So what comes
 * newer than that needs no other look, and an alert that is late, or of the same time, is held against what stands in each key.
 */
const WRITE_ALERT = `
json = ARGV[at]
local account, alertEndsMs, countEndsMs, count = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
local alertKey, countKey = KEYS[keyAt], KEYS[keyAt + 1]
at, keyAt = at + 5, keyAt + 2
if account == '' then
  -- It flags nobody.
elseif tonumber(alertEndsMs) > nowMs and redis.call('ZADD', expiryKey, 'GT', 'CH', alertEndsMs, account) == 1 then
  redis.call('SET', alertKey, json, 'PXAT', alertEndsMs)
  redis.call('SET', countKey, count, 'PXAT', countEndsMs)
  redis.call('SADD', accountsKey, account)
else
  ${JOIN_COUNT}
  ${joinAlert('isNew', ADD_ACCOUNT)}
end
`

const WRITE_ACTION = `
json = ARGV[at]
local field, endsMs, actionsKey = ARGV[at + 1], tonumber(ARGV[at + 2]), KEYS[keyAt]
at, keyAt = at + 3, keyAt + 1
${JOIN_ACTION}
`

const ERASE = `
local account, mark = ARGV[at], ARGV[at + 1]
redis.call('DEL', KEYS[keyAt], KEYS[keyAt + 1], KEYS[keyAt + 2])
redis.call('SREM', accountsKey, account)
redis.call('ZREM', expiryKey, account)
${untell('streamKey', 'mark', 'erasureKey', 'isNew')}
at, keyAt = at + 2, keyAt + 3
`

/**
 * A newer entry enters the stream, however late it comes; an older one stands there already. What is held of a source is asked for once
 * and told once, at the end, and also when that comes early: after a gap, or when Redis refuses a command in the middle.
 *
 * KEYS offsets stream accounts expiry erasure, then of each entry: alert count, or actions, or alert count actions.
 * ARGV channel, then of each entry: kind source offset previous, and json account alertEndsMs countEndsMs fraudCount,
 * or json field endsMs, or account mark.
 */
const write = (streamEntriesMax: number) => `#!lua
${NOW}
local offsetsKey, streamKey, accountsKey, expiryKey, erasureKey = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local channel = ARGV[1]
${PRUNE}
local held, reached = {}, {}

local function writeAll()
  local at, keyAt = 2, 6
  while at <= #ARGV do
    local kind, source, offset, previous = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
    at = at + 4
    held[source] = held[source] or tonumber(redis.call('HGET', offsetsKey, source) or '-1')
    if held[source] < previous then return redis.error_reply('GAP the last offset held is ' .. held[source]) end
    local isNew = offset > held[source]
    local json = nil
    if kind == 'alert' then
      ${WRITE_ALERT}
    elseif kind == 'action' then
      ${WRITE_ACTION}
    elseif kind == 'erasure' then
      ${ERASE}
    end
    if isNew then
      if json then redis.call('XADD', streamKey, 'MAXLEN', '~', ${streamEntriesMax}, '*', kind, json) end
      held[source], reached[source] = offset, true
      if kind == 'alert' then redis.call('PUBLISH', channel, json) end
    end
  end
  return 1
end

local ended, answer = pcall(writeAll)
for source in pairs(reached) do redis.call('HSET', offsetsKey, source, string.format('%.0f', held[source])) end
if ended or type(answer) == 'table' then return answer end
return redis.error_reply(answer)`

/** KEYS accounts expiry; returns how many have left. */
export const SWEEP = `#!lua
${NOW}
local accountsKey, expiryKey = KEYS[1], KEYS[2]
${PRUNE}
return #gone`

/** The scripts of one server by what they are for, over a stream of so many entries. */
export function scriptsOf(streamEntriesMax: number) {
  return { write: write(streamEntriesMax), sweep: SWEEP } as const
}
