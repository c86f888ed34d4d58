---@meta
-- What a policy file and its tests are made of. For editors alone: nothing loads this folder.

---The decision's time and nothing else.
---@class remit.Context
---@field at string an RFC 3339 time in UTC: `2025-06-15T08:00:00Z`

---What `decide` returns. Any other key that holds JSON-like values may stand beside these.
---@class remit.Decision
---@field outcome string one of `outcomes`
---@field reasons string[] at least one of the declared codes
---@field [string] any

---What a reason says to people.
---@class remit.Reason
---@field en string in English
---@field zh string in Chinese

---Which rows a group policy decides together.
---@class (exact) remit.Group
---@field by string[] paths of fields: rows that are equal in all of these
---@field order? string the path of the field that the rows of a group are sorted by

---@class (exact) remit.Policy
---@field summary? string what it decides, in one sentence
---@field source? string the business rule that it implements
---@field outcomes string[] every outcome that a decision may have
---@field input remit.Type a `record { … }` of everything that the policy sees
---@field strict? boolean refuse fields that are not declared
---@field params? table<string, remit.Type> what an analyst may turn: types with a `default` and a `summary`
---@field reasons table<string, remit.Reason> every code that a decision may cite
---@field check? fun(params: table): string? a message where params contradict each other
---@field decide? fun(tx: table, params: table, context: remit.Context): remit.Decision
---@field group? remit.Group with `decide_group`, in place of `decide`
---@field decide_group? fun(rows: table[], params: table, context: remit.Context): remit.Decision[] one decision a row, in order

---Declares the policy that the file returns.
---
---```lua
---return policy {
---  summary  = "Who must approve an order.",
---  source   = "Purchasing handbook, step 9.",
---  outcomes = { "approve", "route" },
---  input    = record { id = text {}, amount = money { min = 0 } },
---  params   = { limit = money { default = "5000.00", summary = "Up to here nobody is asked." } },
---  reasons  = { within_limit = { en = "Within the limit.", zh = "在额度内。" } },
---  decide   = function(tx, params, context)
---    return { outcome = "approve", reasons = { "within_limit" } }
---  end,
---}
---```
---@param declaration remit.Policy
---@return remit.Policy
function policy(declaration) end

---What a case expects of an error.
---@class (exact) remit.ExpectedError
---@field code "parse_error"|"invalid_input"|"invalid_params"|"policy_error"|"budget_exceeded"
---@field message? string
---@field contains? string a part of the message
---@field path? string a JSON Pointer: `/amount`
---@field line? integer
---@field budget? "instructions"|"memory"|"time"
---@field errors? table[]

---In an input of a test: JSON's null.
---@type any
null = nil

---In what a test expects: the decision has no such key.
---@type any
absent = nil

---One case of a test file. Either `expect` or `error` is there.
---@class (exact) remit.Case
---@field name string a sentence
---@field input? table the transaction
---@field rows? table[] of a group policy, in the place of `input`: the transactions that are decided together
---@field params? table<string, any> params that are not their defaults
---@field at? string a date, or an RFC 3339 time; absent: 2025-01-01T00:00:00Z
---@field files? table<string, string> data files of the case's own, from their names to their texts
---@field expect? table the keys that are named must be equal, others are free; of a group policy one table a row
---@field error? remit.ExpectedError

---What holds of every decision: tried with inputs that are generated from the policy's declaration.
---@class (exact) remit.Property
---@field name string a sentence
---@field property fun(tx: any, decide: fun(tx: any): any, remit.ExpectedError?): boolean, string? true, or false and why
---@field given? table fields of the input that are not generated
---@field runs? integer how many inputs; absent: 200
---@field seed? integer where they begin; absent: 1
---@field params? table<string, any> params that are not their defaults
---@field at? string a date, or an RFC 3339 time; absent: 2025-01-01T00:00:00Z

---Declares the tests that the file returns.
---
---```lua
---return test "approval.order" {
---  { name = "at the limit", input = { id = "PO-1", amount = 5000 }, expect = { outcome = "approve" } },
---}
---```
---@param policy string the policy's name: `approval.order`
---@return fun(cases: (remit.Case|remit.Property)[]): table
function test(policy) end

---Loads a module, once: `lib.authority` is `policies/lib/authority.lua`, `plugin.fx` is `plugins/fx/plugin.lua`. It stands at the top of
---the file. What it returns is read-only.
---@param name string
---@return any
function require(name) end

---A table that is written as a JSON object even where it is empty.
---@generic T: table
---@param table? T
---@return T
function object(table) end
