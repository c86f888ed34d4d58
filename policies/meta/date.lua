---@meta
-- Dates are texts, `2025-06-15`, that compare with `<`. Where a date is wanted, a time stands for its UTC day.

---As a word, `date {}` declares a field; `date("2025-06-15")` is the same text, once it is sure that there is such a day.
---@class datelib
---@overload fun(options: remit.PlainOptions): remit.Type
---@overload fun(day: string): string
date = {}

---So many days later.
---@param day string
---@param days integer
---@return string
function date.add_days(day, days) end

---So many months later: January 31 and a month is the last of February.
---@param day string
---@param months integer
---@return string
function date.add_months(day, months) end

---Whole days, negative where `to` is earlier.
---@param from string
---@param to string
---@return integer
function date.days_between(from, to) end

---1 (Monday) to 7.
---@param day string
---@return integer
function date.weekday(day) end

---@param day string
---@return integer
function date.year(day) end

---@param day string
---@return integer
function date.month(day) end

---The day of the month.
---@param day string
---@return integer
function date.day(day) end

---@param year integer
---@param month integer
---@param day integer
---@return string
function date.of(year, month, day) end

---The date, or `nil` where the text is none.
---@param text string
---@return string?
function date.parse(text) end

---The UTC day of a time, such as `context.at`.
---@param time string
---@return string
function date.from_timestamp(time) end
