-- Lists of texts as sets: what stands in them, in whatever order and however often.

local set = {}

---Adds the members of a list to a set, which is a table from each of them to true.
---@param members table
---@param list table
local function add(members, list)
  for i = 1, #list do
    members[list[i]] = true
  end
end
set.add = add

---@param list table
---@return table members from each member to true
function set.of(list)
  local members = {}
  add(members, list)
  return members
end

return set
