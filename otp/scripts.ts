import type { OtpLimits } from './limits.ts'

/*
 * One script a step: all of it or nothing, since with a shebang Redis refuses OOM, READONLY and a missing command before the first
 * line. The rules are those of `challenge-row.ts`; Redis's own clock is the only one. An empty text stands for null.
 */

const FIELDS = [
  'account',
  'binding',
  'mac',
  'sealed',
  'queued',
  'wrong',
  'codes',
  'codeMs',
  'endsMs',
  'phase',
  'toldAt',
  'sender',
  'senderUntilMs',
]

const BEGIN = `#!lua
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)

local function read(key)
  local held = redis.call('HMGET', key, ${FIELDS.map((field) => `'${field}'`).join(', ')})
  if not held[1] then return nil end
  return {
    account = held[1], binding = held[2], mac = held[3], sealed = held[4], queued = held[5],
    wrong = tonumber(held[6]), codes = tonumber(held[7]), codeMs = tonumber(held[8]), endsMs = tonumber(held[9]),
    phase = held[10], toldAt = held[11], sender = held[12], senderUntilMs = tonumber(held[13]),
  }
end

local function text(value)
  return type(value) == 'number' and string.format('%.0f', value) or value
end

-- Also says when somebody must look at it.
local function keep(key, due, id, row)
  local fields = {}
  for field, value in pairs(row) do
    if field ~= 'dueMs' then
      fields[#fields + 1] = field
      fields[#fields + 1] = text(value)
    end
  end
  redis.call('HSET', key, unpack(fields))
  if row.dueMs then redis.call('ZADD', due, text(row.dueMs), id) end
end

local function finish(row, phase, dueMs)
  if phase ~= 'accepted' then row.mac = '' end
  row.sealed, row.phase, row.dueMs = '', phase, dueMs
end

local function endInTime(row)
  if row.phase ~= 'open' or nowMs < row.endsMs then return end
  finish(row, row.wrong > 0 and 'failed' or 'expired', nowMs)
end

-- Takes as long whatever the texts are.
local function same(one, other)
  if #one ~= #other then return false end
  local differs = 0
  for i = 1, #one do differs = bit.bor(differs, bit.bxor(string.byte(one, i), string.byte(other, i))) end
  return differs == 0
end

local function rateWaitMs(key, max, withinMs)
  local first = redis.call('LINDEX', key, -max)
  return first and first + withinMs - nowMs or 0
end

local function addTime(key, max, withinMs)
  redis.call('RPUSH', key, text(nowMs))
  redis.call('LTRIM', key, -max, -1)
  redis.call('PEXPIRE', key, withinMs)
end

local function standing(row)
  local open = row.phase == 'open'
  return {
    row.phase, open and row.mac ~= '' and 1 or 0, row.wrong, open and row.endsMs - nowMs or 0, row.toldAt ~= '' and 1 or 0,
  }
end
`

/** KEYS challenge due lock accountCodes clientCodes; ARGV id account binding mac sealed again. */
const issue = (limits: OtpLimits) => `${BEGIN}
local key, due, lock = KEYS[1], KEYS[2], KEYS[3]
local row = read(key)
if not row then
  if redis.call('ZCARD', due) >= ${limits.challengesMax} then
    return redis.error_reply('FULL ${limits.challengesMax} challenges are held')
  end
  local endsMs = nowMs + ${limits.challengeLifeMs}
  row = {
    account = ARGV[2], binding = ARGV[3], mac = '', sealed = '', queued = '0', wrong = 0, codes = 0, codeMs = 0,
    endsMs = endsMs, phase = 'open', toldAt = '', sender = '', senderUntilMs = 0, dueMs = endsMs,
  }
end
endInTime(row)
local isSame = same(row.binding, ARGV[3])
if row.phase == 'open' and not isSame then row.mac, row.sealed = '', '' end
local function waitMs()
  if row.phase ~= 'open' then return 0 end
  return math.max(
    0,
    redis.call('PTTL', lock),
    row.codes == 0 and 0 or row.codeMs + ${limits.resendPauseMs} - nowMs,
    row.codes < ${limits.codesMax} and 0 or row.endsMs - nowMs,
    rateWaitMs(KEYS[4], ${limits.codesPerAccount.max}, ${limits.codesPerAccount.withinMs}),
    rateWaitMs(KEYS[5], ${limits.codesPerClient.max}, ${limits.codesPerClient.withinMs})
  )
end
local wait = waitMs()
local isMade = row.phase == 'open' and isSame and wait == 0 and (ARGV[6] == '1' or row.mac == '')
if isMade then
  row.mac, row.sealed, row.queued, row.sender = ARGV[4], ARGV[5], '0', ''
  row.codes, row.codeMs = row.codes + 1, nowMs
  addTime(KEYS[4], ${limits.codesPerAccount.max}, ${limits.codesPerAccount.withinMs})
  addTime(KEYS[5], ${limits.codesPerClient.max}, ${limits.codesPerClient.withinMs})
  wait = waitMs()
end
keep(key, due, ARGV[1], row)
return {isMade and 1 or 0, row.sealed ~= '' and row.queued == '0' and 1 or 0, wait, standing(row)}`

/** KEYS challenge due lock accountWrong clientTries; ARGV id binding mac. */
const tryCode = (limits: OtpLimits) => `${BEGIN}
local row = read(KEYS[1])
if not row then return nil end
endInTime(row)
local function reply(kind, waitMs)
  keep(KEYS[1], KEYS[2], ARGV[1], row)
  return {kind, waitMs, standing(row)}
end
local isRight = row.mac ~= '' and same(row.mac, ARGV[3])
if row.phase == 'accepted' and isRight then return reply('right', 0) end
if row.phase ~= 'open' then return reply('late', 0) end
if not same(row.binding, ARGV[2]) then row.mac, row.sealed = '', '' end
if row.mac == '' then return reply('void', 0) end
local waitMs = math.max(
  0,
  redis.call('PTTL', KEYS[3]),
  rateWaitMs(KEYS[4], ${limits.wrongPerAccount.max}, ${limits.wrongPerAccount.withinMs}),
  rateWaitMs(KEYS[5], ${limits.triesPerClient.max}, ${limits.triesPerClient.withinMs})
)
if waitMs > 0 then return reply('limited', waitMs) end
addTime(KEYS[5], ${limits.triesPerClient.max}, ${limits.triesPerClient.withinMs})
if isRight then
  finish(row, 'accepted', nowMs + ${limits.retellMs})
  return reply('right', 0)
end
addTime(KEYS[4], ${limits.wrongPerAccount.max}, ${limits.wrongPerAccount.withinMs})
row.wrong = row.wrong + 1
if row.wrong >= ${limits.triesMax} then
  finish(row, 'failed', nowMs + ${limits.retellMs})
  redis.call('SET', KEYS[3], '1', 'PX', ${limits.lockMs})
end
return reply('wrong', 0)`

/** KEYS challenge. */
const QUEUED = `${BEGIN}
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'queued', '1') end
return 1`

/** KEYS challenge; ARGV sender. Returns account, sealed code and ms until its end, `busy`, or nothing. */
const sealedCode = ({ sendingMs }: OtpLimits) => `${BEGIN}
local row = read(KEYS[1])
if not row or row.phase ~= 'open' or row.sealed == '' or nowMs >= row.endsMs then return nil end
if row.sender ~= '' and row.sender ~= ARGV[1] and nowMs < row.senderUntilMs then return 'busy' end
redis.call('HSET', KEYS[1], 'sender', ARGV[1], 'senderUntilMs', text(nowMs + ${sendingMs}))
return {row.account, row.sealed, row.endsMs - nowMs}`

/** KEYS challenge; ARGV sealed hasReached. */
const DELIVERED = `${BEGIN}
local row = read(KEYS[1])
if not row or row.sealed ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'sealed', '')
if ARGV[2] == '0' then redis.call('HSET', KEYS[1], 'mac', '') end
return 1`

/** What one step forgets at most, so that none is long. */
const FORGET_MAX = 500

/** KEYS due; ARGV max prefix. */
const takeEnded = ({ retellMs }: OtpLimits) => `${BEGIN}
local due, ended = KEYS[1], {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', due, '-inf', text(nowMs), 'LIMIT', 0, ${FORGET_MAX})) do
  if #ended == tonumber(ARGV[1]) then break end
  local key = ARGV[2] .. id
  local row = read(key)
  if not row or redis.call('HEXISTS', key, 'settled') == 1 then
    redis.call('DEL', key)
    redis.call('ZREM', due, id)
  else
    endInTime(row)
    row.dueMs = row.phase == 'open' and row.endsMs or nowMs + ${retellMs}
    keep(key, due, id, row)
    if row.phase ~= 'open' then ended[#ended + 1] = {id, row.account, row.phase, row.wrong, row.toldAt} end
  end
end
return ended`

/** KEYS challenge; ARGV offset. */
const TOLD = `${BEGIN}
if redis.call('EXISTS', KEYS[1]) == 1 then redis.call('HSET', KEYS[1], 'toldAt', ARGV[1]) end
return 1`

/** KEYS challenge due; ARGV id. */
const settled = ({ keptMs }: OtpLimits) => `${BEGIN}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[1], 'settled', '1')
redis.call('ZADD', KEYS[2], text(nowMs + ${keptMs}), ARGV[1])
return 1`

/** The scripts by the step that each is, with the limits written into them. */
export function scriptsOf(limits: OtpLimits) {
  return {
    issue: issue(limits),
    tryCode: tryCode(limits),
    queued: QUEUED,
    sealedCode: sealedCode(limits),
    delivered: DELIVERED,
    takeEnded: takeEnded(limits),
    told: TOLD,
    settled: settled(limits),
  } as const
}
