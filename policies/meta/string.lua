---@meta
-- Lua's `string` without `dump`. Texts are bytes; `upper`, `lower` and classes such as `%a` are those of ASCII.

---@class stringlib
string = {}

---@param s string|number
---@param i? integer
---@param j? integer
---@return integer ...
function string.byte(s, i, j) end

---@param byte integer
---@param ... integer
---@return string
function string.char(byte, ...) end

---@param s string|number
---@param pattern string|number
---@param init? integer
---@param plain? boolean
---@return integer? start
---@return integer? last
---@return any ... captured
function string.find(s, pattern, init, plain) end

---Has no `%a` and no `%p`; `%f`, `%e` and `%g` write exact digits.
---@param s string|number
---@param ... any
---@return string
function string.format(s, ...) end

---@param s string|number
---@param pattern string|number
---@param init? integer
---@return fun(): string, ...
function string.gmatch(s, pattern, init) end

---@param s string|number
---@param pattern string|number
---@param repl string|number|table|function
---@param n? integer
---@return string
---@return integer count
function string.gsub(s, pattern, repl, n) end

---In bytes; `utf8.len` counts characters.
---@param s string|number
---@return integer
function string.len(s) end

---@param s string|number
---@return string
function string.lower(s) end

---@param s string|number
---@param pattern string|number
---@param init? integer
---@return any ...
function string.match(s, pattern, init) end

---Has no `d`, `f` and `n`.
---@param fmt string
---@param v1 string|number
---@param ... string|number
---@return string binary
function string.pack(fmt, v1, ...) end

---@param fmt string
---@return integer
function string.packsize(fmt) end

---@param s string|number
---@param n integer
---@param sep? string|number
---@return string
function string.rep(s, n, sep) end

---@param s string|number
---@return string
function string.reverse(s) end

---@param s string|number
---@param i integer
---@param j? integer
---@return string
function string.sub(s, i, j) end

---@param fmt string
---@param s string
---@param pos? integer
---@return any ...
function string.unpack(fmt, s, pos) end

---@param s string|number
---@return string
function string.upper(s) end
