import { ADD_ACCOUNT, JOIN_ACTION, JOIN_COUNT, joinAlert, NOW, PRUNE, SWEEP, untell } from './scripts.ts'

/*
 * The same work as on one server, as one script a slot. Each is a join with what stands in its slot, so that it is safe to
 * repeat and to be overtaken; the one of the stream comes last and remembers the offset.
 */

/** KEYS count; ARGV count countEndsMs. */
const COUNT = `#!lua
${NOW}
local countKey, count, countEndsMs = KEYS[1], ARGV[1], ARGV[2]
${JOIN_COUNT}
return 1`

/** KEYS alert alertOffset; ARGV json alertEndsMs offset. */
const ALERT = `#!lua
${NOW}
local alertKey, json, alertEndsMs, offset = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
${joinAlert(
  "tonumber(offset) > tonumber(redis.call('GET', KEYS[2]) or '-1')",
  "if newer then redis.call('SET', KEYS[2], offset, 'PXAT', alertEndsMs) end",
)}
return 1`

/** KEYS accounts expiry; ARGV account alertEndsMs, again and again. */
const ACCOUNTS = `#!lua
${NOW}
local accountsKey, expiryKey = KEYS[1], KEYS[2]
${PRUNE}
for i = 1, #ARGV, 2 do
  local account, alertEndsMs = ARGV[i], ARGV[i + 1]
  if tonumber(alertEndsMs) > nowMs then
    ${ADD_ACCOUNT}
  end
end
return 1`

/** KEYS actions; ARGV json field endsMs. */
const ACTION = `#!lua
${NOW}
local actionsKey, json, field, endsMs = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
${JOIN_ACTION}
return 1`

/** KEYS accounts expiry; ARGV account. */
const LEAVE = `#!lua
redis.call('SREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return 1`

/** KEYS stream erasure offsets; ARGV mark of an account, whose entries go; source and offset of its erasure. */
const UNTELL = `#!lua
${NOW}
local held = tonumber(redis.call('HGET', KEYS[3], ARGV[2]) or '-1')
${untell('KEYS[1]', 'ARGV[1]', 'KEYS[2]', 'tonumber(ARGV[3]) > held')}
return 1`

/** KEYS positions offsets stream; ARGV channel, then source offset previous kind json, again and again. */
const tell = (streamEntriesMax: number) => `#!lua
for i = 2, #ARGV, 5 do
  local source, offset, kind, json = ARGV[i], tonumber(ARGV[i + 1]), ARGV[i + 3], ARGV[i + 4]
  local held = tonumber(redis.call('HGET', KEYS[1], source) or '-1')
  if held < tonumber(ARGV[i + 2]) then return redis.error_reply('GAP the last offset held is ' .. held) end
  if offset > held then redis.call('HSET', KEYS[1], source, ARGV[i + 1]) end
  if offset > tonumber(redis.call('HGET', KEYS[2], source) or '-1') then
    redis.call('HSET', KEYS[2], source, ARGV[i + 1])
    if kind == 'alert' or kind == 'action' then redis.call('XADD', KEYS[3], 'MAXLEN', '~', ${streamEntriesMax}, '*', kind, json) end
    if kind == 'alert' then redis.call('PUBLISH', ARGV[1], json) end
  end
end
return 1`

/** KEYS masters positions; ARGV masters. Positions that were reached on other masters are none. */
const HOLD = `#!lua
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  redis.call('DEL', KEYS[2])
  redis.call('SET', KEYS[1], ARGV[1])
end
return 1`

/** The scripts of a cluster by what they are for, over a stream of so many entries. */
export function clusterScriptsOf(streamEntriesMax: number) {
  return {
    count: COUNT,
    alert: ALERT,
    accounts: ACCOUNTS,
    action: ACTION,
    leave: LEAVE,
    untell: UNTELL,
    tell: tell(streamEntriesMax),
    hold: HOLD,
    sweep: SWEEP,
  } as const
}
