"""What runs inside Redis: a script is atomic, so no other writer can interfere."""

from __future__ import annotations

MERGE = """
-- KEYS: rows. ARGV: for each the stored form, and how long it lives in ms, 0 for ever.
-- Lua's numbers are exact to 2^53 only, and its strings are ordered by the server's locale:
-- therefore timestamps are compared as numbers of 32 bits.
local function older(row, stored)
  local mine = {struct.unpack('>I4I4I4I4', row)}
  local theirs = {struct.unpack('>I4I4I4I4', stored)}
  for i = 1, 4 do
    if mine[i] ~= theirs[i] then return mine[i] < theirs[i] end
  end
  return false
end
local kept_back = 0
for i, key in ipairs(KEYS) do
  local row, life = ARGV[2 * i - 1], ARGV[2 * i]
  local stored = redis.call('GETRANGE', key, 0, 15)
  if stored ~= '' and older(row, stored) then
    kept_back = kept_back + 1
  else
    if life == '0' then
      redis.call('SET', key, row)
    else
      redis.call('SET', key, row, 'PX', life)
    end
  end
end
return kept_back
"""
"""Writes each row unless the stored one of its key is newer, and returns how many are."""

PROLONG = """
-- KEYS: rows. ARGV: the ms by which they live longer, 0 for ever.
for _, key in ipairs(KEYS) do
  local left = redis.call('PTTL', key)
  if ARGV[1] == '0' then
    redis.call('PERSIST', key)
  elseif left > 0 then
    redis.call('PEXPIRE', key, left + ARGV[1])
  end
end
"""
"""Lets rows live longer; doing it twice makes them live longer still, which is no harm."""

SWAP = """
-- KEYS: one row. ARGV: its stored form as it was read, empty for none; the new one; its life.
local stored = redis.call('GET', KEYS[1]) or ''
if stored ~= ARGV[1] then return 0 end
if ARGV[3] == '0' then
  redis.call('SET', KEYS[1], ARGV[2])
else
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
return 1
"""
"""Writes a row if the stored one is still as it was read, and returns whether it was."""
