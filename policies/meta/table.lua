---@meta
-- Lua's `table`. Input, params, and whatever outlives a decision are read-only.

---@class tablelib
table = {}

---@param list table
---@param sep? string
---@param i? integer
---@param j? integer
---@return string
function table.concat(list, sep, i, j) end

---@param list table
---@param pos integer
---@param value any
---@overload fun(list: table, value: any)
function table.insert(list, pos, value) end

---@param a1 table
---@param f integer
---@param e integer
---@param t integer
---@param a2? table
---@return table a2
function table.move(a1, f, e, t, a2) end

---@param ... any
---@return table
function table.pack(...) end

---@param list table
---@param pos? integer
---@return any
function table.remove(list, pos) end

---Stable, and the same on every machine.
---@generic T
---@param list T[]
---@param comp? fun(a: T, b: T): boolean
function table.sort(list, comp) end

---@generic T
---@param list T[]
---@param i? integer
---@param j? integer
---@return T ...
function table.unpack(list, i, j) end
