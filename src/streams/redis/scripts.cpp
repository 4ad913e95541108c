#include "src/streams/redis/scripts.h"

namespace headwater::redis::scripts {
namespace {

// Scripts are not rolled back. So everything that can fail is checked before the first write:
// permissions (by acl_check_cmd), types (by the first read of each key), and, before a script with
// this first line begins, memory, disk, replicas, and whether this is the primary (src/script.c,
// scriptPrepareForRun(), of Redis 7.0). Once a script has written, Redis no longer refuses its
// commands for those reasons. If one is interrupted anyway, the stream and the hash no longer name
// the same last event, and every later script notices that.
const std::string writes = "#!lua\n";
// Also runs when the server is out of memory: these scripts read or free memory. So does an
// acknowledgement, because trimming waits for consumers.
const std::string reads = "#!lua flags=no-writes\n";
const std::string makes_room = "#!lua flags=allow-oom\n";

const std::string keys = R"lua(
local stream, tails = KEYS[1], KEYS[2]

local function last_id()
  if redis.call('EXISTS', stream) == 0 then return '0-0' end
  local info = redis.call('XINFO', 'STREAM', stream)
  for at = 1, #info, 2 do
    if info[at] == 'last-generated-id' then return info[at + 1] end
  end
end
)lua";

const std::string as_left = keys + R"lua(
local function as_left()
  local got = redis.call('HMGET', tails, 'format', 'last')
  local id = last_id()
  if got[1] == '1' and got[2] and '0-' .. got[2] == id then return got[2] end
  return nil, {'broken', got[1] or '', got[2] or '', id}
end
local last, broken = as_left()
if broken then return broken end
)lua";

const std::string tail_body = R"lua(
local relay = ARGV[1]
local got = redis.call('HMGET', tails, 'sequence:' .. relay, 'position:' .. relay, 'source:' .. relay)
local whole = got[1] and got[2] and got[3] and string.match(got[1], '^%d+$')
if (got[1] or got[2] or got[3]) and not (whole and tonumber(got[1]) <= tonumber(last)) then
  return {'odd tail'}
end
if ARGV[2] == '1' then redis.call('HSET', tails, 'touched', last) end
return {'tail', got[1] or '0', got[2] or '', got[3] or ''}
)lua";

// Local names, because a script of thousands of calls looks up each name thousands of times. The id
// 0-* is the next one: https://redis.io/commands/xadd/.
const std::string append_body = R"lua(
local ARGV, call = ARGV, redis.call
local relay = ARGV[1]
local got = call('HMGET', tails, 'sequence:' .. relay, 'position:' .. relay)
local sequence, position = got[1] or '0', got[2] or ''
if sequence ~= ARGV[2] or position ~= ARGV[3] then return {'conflict', sequence} end
if not redis.acl_check_cmd('XADD', stream, '0-*', 'id', '') or
   not redis.acl_check_cmd('HSET', tails, 'last', '') then
  return redis.error_reply('NOPERM this user may not XADD and HSET')
end
local at = 6
local sources, types = {}, {}
while ARGV[at] and ARGV[at] ~= 'events' do
  sources[ARGV[at]], types[ARGV[at]] = ARGV[at + 1], ARGV[at + 2]
  at = at + 3
end
local id
for at = at + 1, #ARGV, 6 do
  local kind = ARGV[at]
  id = call('XADD', stream, '0-*', 'id', ARGV[at + 1], 'source', sources[kind],
            'type', types[kind], 'subject', ARGV[at + 2], 'time', ARGV[at + 3],
            'partitionkey', ARGV[at + 4], 'data', ARGV[at + 5])
end
if id then
  last = string.sub(id, 3)
  sequence = last
end
call('HSET', tails, 'last', last, 'sequence:' .. relay, sequence, 'position:' .. relay, ARGV[4],
     'source:' .. relay, ARGV[5])
return {'appended', sequence}
)lua";

const std::string prepare_body = R"lua(
local got = redis.call('HMGET', tails, 'format', 'last', 'life')
local id = last_id()
if got[1] then
  if got[1] ~= '1' or not got[2] or '0-' .. got[2] ~= id then
    return {'broken', got[1], got[2] or '', id}
  end
  if not got[3] then redis.call('HSET', tails, 'life', ARGV[1]) end
  return {'there'}
end
if id ~= '0-0' then return {'foreign', redis.call('XLEN', stream)} end
redis.call('HSET', tails, 'format', '1', 'last', '0', 'life', ARGV[1])
return {'created'}
)lua";

const std::string remove_body = R"lua(
local relay = ARGV[1]
return {'removed', redis.call('HDEL', tails, 'sequence:' .. relay, 'position:' .. relay,
                              'source:' .. relay)}
)lua";

// Numbers are written with %.0f, because Lua writes large ones with an exponent.
//
// The marks are "SEQUENCE@TIME ...": events up to SEQUENCE existed at TIME, both increasing. So an
// event's age does not depend on its own time. A mark from the future, left before a clock was set
// back, is ignored; of those that are old enough only the last counts.
const std::string trim_body = R"lua(
local consumers, length, age, now = KEYS[3], tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local keep = ARGV[4] == '1'
local got = redis.call('HMGET', tails, 'marks', 'life')
last = tonumber(last)
local old, marks, marked = 0, {}, nil
if age then
  for sequence, time in string.gmatch(got[1] or '', '(%d+)@(%d+)') do
    if tonumber(time) <= now - age then
      old, marks = tonumber(sequence), {}
    end
    if tonumber(time) <= now then
      marks[#marks + 1] = sequence .. '@' .. time
      marked = {tonumber(sequence), tonumber(time)}
    end
  end
  -- A sixteenth of the age is exact enough, and keeps them few.
  if not marked or (marked[1] < last and marked[2] + age / 16 <= now) then
    if last > 0 then marks[#marks + 1] = string.format('%.0f@%.0f', last, now) end
  end
  local all = table.concat(marks, ' ')
  if all ~= (got[1] or '') then redis.call('HSET', tails, 'marks', all) end
end
local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)
if #entries == 0 then return {'removed', 0, 0} end
local first = tonumber(string.sub(entries[1][1], 3))
local limit = last + 1
if keep then
  for _, place in ipairs(redis.call('HVALS', consumers)) do
    local sequence, life = string.match(place, '^(%d+) ?(.*)$')
    -- One that has read an earlier stream of this name has read nothing of this one.
    if life ~= (got[2] or '') then sequence = 0 end
    limit = math.min(limit, tonumber(sequence) + 1)
  end
end
local stay = math.max(old + 1, length and last + 1 - length or 0)
stay = math.min(stay, limit)
if stay <= first then return {'removed', 0, 0} end
local most = first + tonumber(ARGV[5])
local more = stay > most and 1 or 0
stay = string.format('0-%.0f', math.min(stay, most))
return {'removed', redis.call('XTRIM', stream, 'MINID', '=', stay), more}
)lua";

// So that the event's data stays on the server.
const std::string oldest_body = R"lua(
local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)
local fields = #entries > 0 and entries[1][2] or {}
for at = 1, #fields, 2 do
  if fields[at] == 'time' then return {'oldest', fields[at + 1]} end
end
return {'oldest', ''}
)lua";

const std::string acknowledge_body = R"lua(
local consumers = KEYS[3]
local tail = redis.call('HMGET', tails, 'life', 'last')
local life, last = tail[1] or '', tonumber(tail[2] or '0')
local before = redis.call('HGET', consumers, ARGV[1])
local place, of = string.match(before or '', '^(%d+) ?(.*)$')
if ARGV[3] ~= life or (place and of ~= life) then return {'recreated'} end
local further = math.max(tonumber(place or '0'), tonumber(ARGV[2]))
if further > last then return {'beyond', tail[2] or '0', string.format('%.0f', further)} end
if place and tonumber(place) >= tonumber(ARGV[2]) then return {'acknowledged', place} end
redis.call('HSET', consumers, ARGV[1], ARGV[2] .. ' ' .. life)
return {'acknowledged', ARGV[2]}
)lua";

}  // namespace

const std::string tail = makes_room + as_left + tail_body;
const std::string append = writes + as_left + append_body;
const std::string prepare = writes + keys + prepare_body;
const std::string remove = makes_room + keys + remove_body;
const std::string trim = makes_room + as_left + trim_body;
const std::string oldest = reads + keys + oldest_body;
const std::string acknowledge = makes_room + keys + acknowledge_body;

}  // namespace headwater::redis::scripts
