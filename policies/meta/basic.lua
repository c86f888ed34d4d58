---@meta
-- What a policy has of Lua's own functions.

---Raises an error where `value` is false; else gives back everything.
---@generic T
---@param value? T
---@param message? any
---@param ... any
---@return T
---@return any ...
function assert(value, message, ...) end

---Ends the decision: it becomes a `policy_error` with this message.
---@param message any
---@param level? integer
function error(message, level) end

---Of a table; `nil` for anything else.
---@param object any
---@return table? metatable
function getmetatable(object) end

---The elements of a list in order: `for i, line in ipairs(tx.lines) do`.
---@generic T: table, V
---@param t T
---@return fun(table: V[], i?: integer): integer, V
---@return T
---@return integer i
function ipairs(t) end

---The next key in the order of `pairs`, and its value.
---@generic K, V
---@param table table<K, V>
---@param index? K
---@return K?
---@return V?
function next(table, index) end

---The keys in a fixed order: 1 … n, other numbers upwards, texts by their bytes, `false`, `true`.
---@generic T: table, K, V
---@param t T
---@return fun(table: table<K, V>, index?: K): K, V
---@return T
function pairs(t) end

---Calls a function, and catches its error; not that of a spent budget.
---@param f fun(...: any): ...any
---@param ... any
---@return boolean success
---@return any result
---@return any ...
function pcall(f, ...) end

---@param v1 any
---@param v2 any
---@return boolean
function rawequal(v1, v2) end

---@param v table|string
---@return integer
function rawlen(v) end

---The arguments from number `index` on, or with `"#"` how many there are.
---@param index integer|"#"
---@param ... any
---@return any
function select(index, ...) end

---Refuses `__gc`, `__close`, `__mode` and `__metatable`.
---@param table table
---@param metatable? table
---@return table
function setmetatable(table, metatable) end

---@param e any
---@param base? integer
---@return number?
function tonumber(e, base) end

---@param v any
---@return string
function tostring(v) end

---@param v any
---@return "nil"|"number"|"string"|"boolean"|"table"|"function"|"userdata"
function type(v) end
