---@meta
-- What is exact of Lua's `math`.

---@class mathlib
math = {}

---@param x number
---@return number
function math.abs(x) end

---@param x number
---@return number
function math.ceil(x) end

---@param x number
---@return number
function math.floor(x) end

---The remainder of a division that rounds towards zero: it has the sign of `x`.
---@param x number
---@param y number
---@return number
function math.fmod(x, y) end

---@param x number
---@param ... number
---@return number
function math.max(x, ...) end

---@param x number
---@param ... number
---@return number
function math.min(x, ...) end

---The same as an integer, or `nil` where it is none.
---@param x any
---@return integer?
function math.tointeger(x) end

---By the value: `5.0` is an integer.
---@param x any
---@return "integer"|"decimal"|nil
function math.type(x) end
