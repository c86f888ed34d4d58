---@meta
-- What a plugin's file begins with.

---Something that policies may call, or read where it has a `value`.
---@class (exact) remit.Provided
---@field summary? string what it gives
---@field takes? { [1]: string, [2]: remit.Type }[] its arguments: `{ { "day", date {} } }`
---@field gives? remit.Type its result
---@field value? remit.Type what it is, where it is no function

---@class (exact) remit.Plugin
---@field name string the name of its folder
---@field version string
---@field summary? string
---@field files? string[] the data files of its folder that it reads
---@field settings? table<string, remit.Type> what an administrator may set: types with a `default` and a `summary`
---@field provides table<string, remit.Provided> what policies get of the table that the file returns

---Declares the plugin: the first statement of `plugins/<name>/plugin.lua`, and nothing but data.
---
---```lua
---local settings = plugin {
---  name = "fx", version = "1.0.0", files = { "rates.csv" },
---  provides = { rate = { takes = { { "currency", text {} }, { "day", date {} } }, gives = optional(number {}) } },
---}
---```
---@param declaration remit.Plugin
---@return table settings
function plugin(declaration) end
