---@meta
-- Exact decimals of up to 34 digits: every number of a policy is one.

---@alias remit.Rounding "half_even"|"half_up"|"half_down"|"up"|"down"|"floor"|"ceiling"

---@class (exact) remit.Manner
---@field places? integer decimal places
---@field rounding? remit.Rounding absent: `half_even`

---@class decimallib
decimal = {}

---The quotient, rounded. `a / b` is exact, and refused where it does not end.
---@param a number
---@param b number
---@param how remit.Manner|integer with its places
---@param rounding? remit.Rounding where `how` is the places
---@return number
function decimal.div(a, b, how, rounding) end

---Rounded; without `how` to a whole number.
---@param x number
---@param how? remit.Manner|integer
---@param rounding? remit.Rounding where `how` is the places
---@return number
function decimal.round(x, how, rounding) end

---Rounded down.
---@param x number
---@param places? integer
---@return number
function decimal.floor(x, places) end

---Rounded up.
---@param x number
---@param places? integer
---@return number
function decimal.ceil(x, places) end

---A text with exactly so many places; without `how` the canonical one.
---@param x number
---@param how? remit.Manner|integer
---@param rounding? remit.Rounding where `how` is the places
---@return string
function decimal.format(x, how, rounding) end

---The number that a text means, or `nil` and why it means none.
---@param text string digits, one point, a sign, nothing else
---@return number? value
---@return string? why
function decimal.parse(text) end

---Without its sign.
---@param x number
---@return number
function decimal.abs(x) end

---The smallest.
---@param x number
---@param ... number
---@return number
function decimal.min(x, ...) end

---The largest.
---@param x number
---@param ... number
---@return number
function decimal.max(x, ...) end
