#include "src/streams/redis/scripts.h"

namespace headwater::redis::scripts {
namespace {

// Scripts are not rolled back. So whatever can fail is looked at before the first write: rights (by
// acl_check_cmd), types (by the first read of each key), and, before a script with this first line
// even begins, memory, disk, replicas, and whether this is the primary (src/script.c,
// scriptPrepareForRun(), of Redis 7.0). Once a script has written, Redis itself refuses it nothing
// for those reasons any more. Should one be cut short all the same, the stream and the hash no
// longer name the same last event, which every later script finds.
const std::string writes = "#!lua\n";
// Also when the server is out of memory: it reads, or makes room. An acknowledgement does: trimming
// waits for consumers.
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
if ARGV[2] == '1' then redis.call('HSET', tails, 'touched', last) end
return {'tail', got[1] or '0', got[2] or '', got[3] or ''}
)lua";

// Local names, because a script of thousands of calls looks each up thousands of times. The id 0-*
// is the next one: https://redis.io/commands/xadd/.
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
local got = redis.call('HMGET', tails, 'format', 'last')
local id = last_id()
if got[1] then
  if got[1] == '1' and got[2] and '0-' .. got[2] == id then return {'there'} end
  return {'broken', got[1], got[2] or '', id}
end
if id ~= '0-0' then return {'foreign', redis.call('XLEN', stream)} end
redis.call('HSET', tails, 'format', '1', 'last', '0')
return {'created'}
)lua";

const std::string remove_body = R"lua(
local relay = ARGV[1]
return {'removed', redis.call('HDEL', tails, 'sequence:' .. relay, 'position:' .. relay,
                              'source:' .. relay)}
)lua";

// Numbers are written with %.0f, because Lua writes large ones with an exponent. Events go from the
// front while the first is older, so each has to be looked at: relays whose events are old may
// stand behind others whose events are new. To look at one is to copy it into Lua, so it ends when
// they have BYTES, and takes no more than 32 at once, fewer when they are large.
const std::string trim_body = R"lua(
local consumers, length, age, keep = KEYS[3], tonumber(ARGV[1]), ARGV[2], ARGV[3] == '1'
local entries = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)
if #entries == 0 then return {'removed', 0, 0} end
local function number_of(entry) return tonumber(string.sub(entry[1], 3)) end
local function id_of(number) return string.format('0-%.0f', number) end
local first = number_of(entries[1])
local most = first + tonumber(ARGV[4])
local limit = math.min(most, tonumber(last) + 1)
if keep then
  for _, acknowledged in ipairs(redis.call('HVALS', consumers)) do
    limit = math.min(limit, tonumber(acknowledged) + 1)
  end
end
local stay = first
if length then stay = math.max(first, math.min(limit, tonumber(last) + 1 - length)) end
local left, portion = tonumber(ARGV[5]), 1
while age ~= '' and stay < limit and left > 0 do
  entries = redis.call('XRANGE', stream, id_of(stay), id_of(limit - 1), 'COUNT', portion)
  if #entries == 0 then stay = limit end
  local size = 1
  for _, entry in ipairs(entries) do
    if entry[2][9] ~= 'time' or entry[2][10] >= age then
      limit = 0
      break
    end
    stay = number_of(entry) + 1
    size = size + 300 + #(entry[2][14] or '')  -- the data, and roughly the rest
  end
  left = left - size
  portion = math.max(1, math.min(32, 2 * portion, math.floor(left * #entries / size)))
end
local more = (stay == most or (stay < limit and left <= 0)) and 1 or 0
if stay <= first then return {'removed', 0, 0} end
return {'removed', redis.call('XTRIM', stream, 'MINID', '=', id_of(stay)), more}
)lua";

const std::string acknowledge_body = R"lua(
local before = redis.call('HGET', KEYS[1], ARGV[1])
if before and tonumber(before) >= tonumber(ARGV[2]) then return {'acknowledged', before} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return {'acknowledged', ARGV[2]}
)lua";

}  // namespace

const std::string tail = makes_room + as_left + tail_body;
const std::string append = writes + as_left + append_body;
const std::string prepare = writes + keys + prepare_body;
const std::string remove = makes_room + keys + remove_body;
const std::string trim = makes_room + as_left + trim_body;
const std::string acknowledge = makes_room + acknowledge_body;

}  // namespace headwater::redis::scripts
