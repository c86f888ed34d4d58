-- What the rules say about texts.

local text = {}

-- Space, tab, CR, LF, and the two bytes that U+3000 (E3 80 80) is made of; no other character of UTF-8 consists of
-- these two alone.
local NOT_BLANK = "[^ \t\r\n\xE3\x80]"

---Absent, empty, or only space, tab, CR, LF and U+3000 (the ideographic space).
---@param value string|nil
---@return boolean
function text.blank(value)
  return value == nil or not value:find(NOT_BLANK)
end

return text
