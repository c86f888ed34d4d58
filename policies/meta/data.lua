---@meta
-- Files that are read while a policy is loaded. Their names start at the folder of the policies, or at the plugin's own.

---A typed CSV file. `#dataset` is the number of its rows; rows are read-only.
---@class remit.Dataset
---@operator len: integer
local dataset_methods = {}

---The first row in the file's order that has these values, or `nil`.
---@param keys table<string, any>
---@return table?
function dataset_methods:find(keys) end

---Every row that has these values, in the file's order.
---@param keys table<string, any>
---@return table[]
function dataset_methods:find_all(keys) end

---All rows, one after the other: `for row in limits:rows() do`.
---@return fun(): table
function dataset_methods:rows() end

---The same for the rows with `from` ≤ day ≤ `to`, an empty bound being open.
---@param day string a date, or a time, which stands for its UTC day
---@return remit.Dataset
function dataset_methods:at(day) end

---Reads a CSV file: `dataset "data/limits.csv" { role = text {}, limit = optional(money {}) }`, or in one call with what no two
---rows may share: `dataset("data/limits.csv", { … }, { unique = { "role", "from" } })`.
---@param file string
---@return fun(columns: table<string, remit.Type>): remit.Dataset
---@overload fun(file: string, columns: table<string, remit.Type>, options?: { unique?: string[] }): remit.Dataset
function dataset(file) end

---Reads a decision table, a CSV file as spreadsheets save them, and gives the function that answers it: the outputs, and the numbers of
---the rules that count. `nil` where no rule matches; a list of outputs for the hit policies `R`, `O` and `C`, a number for `C+ C< C> C#`.
---
---```lua
---local matrix = decision_table "approval/matrix.csv"
---local out, rows = matrix(tx, params)
---```
---@param file string
---@return fun(record: table, params?: table): any, integer[]
function decision_table(file) end
