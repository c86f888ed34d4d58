---@meta
-- The types of an input's fields, of params and of a dataset's columns.

---A declared type. It is made while the file is loaded.
---@class remit.Type

---@class (exact) remit.TextOptions
---@field min? integer characters
---@field max? integer characters
---@field default? string of a param
---@field summary? string what it means, for people
---@field sensitive? boolean keep the value out of error messages

---@class (exact) remit.NumberOptions
---@field min? number|string
---@field max? number|string
---@field default? number|string of a param
---@field summary? string what it means, for people
---@field sensitive? boolean keep the value out of error messages

---@class (exact) remit.PlainOptions
---@field default? any of a param
---@field summary? string what it means, for people
---@field sensitive? boolean keep the value out of error messages

---@class (exact) remit.HolderOptions
---@field of remit.Type what it holds
---@field min? integer how many, at least
---@field max? integer how many, at most
---@field summary? string what it means, for people
---@field sensitive? boolean keep the values out of error messages

---@class remit.EnumOptions: remit.PlainOptions
---@field [integer] string one of the values

---A string of JSON.
---@param options remit.TextOptions
---@return remit.Type
function text(options) end

---A number of integral value within ±(2^53 − 1).
---@param options remit.NumberOptions
---@return remit.Type
function integer(options) end

---A number, or a text of one: `"12.50"`.
---@param options remit.NumberOptions
---@return remit.Type
function number(options) end

---A number that is an amount of money, or a text of one: `"12.50"`.
---@param options remit.NumberOptions
---@return remit.Type
function money(options) end

---`true` or `false`.
---@param options remit.PlainOptions
---@return remit.Type
function boolean(options) end

---An RFC 3339 time in any zone. The policy sees it in UTC: `2025-06-15T08:00:00Z`.
---@param options remit.PlainOptions
---@return remit.Type
function timestamp(options) end

---One of the texts: `enum { "expense", "fixed_asset" }`.
---@param values remit.EnumOptions
---@return remit.Type
function enum(values) end

---An object with these fields: `record { id = text {} }`.
---@param fields table<string, remit.Type>
---@return remit.Type
function record(fields) end

---An array: `list { of = record { … }, max = 500 }`.
---@param options remit.HolderOptions
---@return remit.Type
function list(options) end

---An object with any keys: `map { of = money {} }`.
---@param options remit.HolderOptions
---@return remit.Type
function map(options) end

---The same, or `null`, or nothing: the policy sees `nil`.
---@param type remit.Type
---@return remit.Type
function optional(type) end
