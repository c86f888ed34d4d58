---@meta
-- Lua's `utf8`: characters of a text.

---@class utf8lib
utf8 = {}

---Matches exactly one character.
---@type string
utf8.charpattern = ""

---@param code integer
---@param ... integer
---@return string
function utf8.char(code, ...) end

---Places and characters: `for place, code in utf8.codes(s) do`.
---@param s string
---@param lax? boolean
---@return fun(s: string, p: integer): integer, integer
---@return string
---@return integer
function utf8.codes(s, lax) end

---@param s string
---@param i? integer
---@param j? integer
---@param lax? boolean
---@return integer code
---@return integer ...
function utf8.codepoint(s, i, j, lax) end

---How many characters; `nil` and the place of the first byte that is part of none.
---@param s string
---@param i? integer
---@param j? integer
---@param lax? boolean
---@return integer?
---@return integer? place
function utf8.len(s, i, j, lax) end

---Where the `n`th character from place `i` starts.
---@param s string
---@param n integer
---@param i? integer
---@return integer?
function utf8.offset(s, n, i) end
