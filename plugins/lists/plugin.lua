-- Watch lists and approved vendors: whether somebody stands on a list, by id, by name, or by what is left of the name when all that
-- people write in different ways is taken away.
--
-- Each entry is found by a key, so that a look-up costs what folding the name costs, however long the list is.

local entry_rows = dataset "entries.csv" {
  list = text { min = 1 },
  id   = text { min = 1 },
  name = text { min = 1 },
  from = optional(date {}),
  to   = optional(date {}),
  note = optional(text {}),
}

local letter_rows = dataset "letters.csv" {
  plain   = text { min = 1 },
  letters = text { min = 1 },
}

local form_rows = dataset "legal_forms.csv" {
  form  = text { min = 1 },
  glued = boolean {},
}

-- An open period begins and ends outside every real day; days compare as texts.
local FIRST_DAY, LAST_DAY = "0000-00-00", "9999-99-99"

local CHARACTER = utf8.charpattern

-- ---- Characters

-- Character → what stands for it; a character that is not in it stands for itself.
local fold = {}

---One replacement for all characters of the range that have none yet.
local function fold_range(from, to, replacement)
  for code = from, to do
    local character = utf8.char(code)
    fold[character] = fold[character] or replacement
  end
end

do
  -- Taken away without a gap: O'Brien is OBrien.
  for _, character in utf8.codes("'`´ʼ‘’′ـ") do
    fold[utf8.char(character)] = ""
  end
  for _, range in ipairs {
    { 0x0300, 0x036F }, { 0x064B, 0x0655 }, { 0x0670, 0x0670 },          -- marks over and under letters
    { 0x00AD, 0x00AD }, { 0x200B, 0x200F }, { 0x202A, 0x202E }, { 0x2060, 0x2064 }, { 0xFEFF, 0xFEFF },   -- not to be seen
  } do
    fold_range(range[1], range[2], "")
  end

  fold["&"] = " and "
  for code = 0x41, 0x5A do
    fold[utf8.char(code)] = utf8.char(code + 32)
  end

  -- What else is no letter parts words.
  for _, range in ipairs {
    { 0x00, 0x2F }, { 0x3A, 0x40 }, { 0x5B, 0x60 }, { 0x7B, 0xA9 }, { 0xAB, 0xB1 }, { 0xB4, 0xB4 }, { 0xB6, 0xB8 }, { 0xBB, 0xBF }, { 0xD7, 0xD7 },
    { 0xF7, 0xF7 }, { 0x0375, 0x0375 }, { 0x037E, 0x037E }, { 0x0387, 0x0387 }, { 0x0482, 0x0482 }, { 0x060C, 0x060C }, { 0x2000, 0x206F }, { 0x2100, 0x214F }, { 0x2190, 0x22FF }, { 0x3000, 0x3004 },
    { 0x3008, 0x303F }, { 0x30A0, 0x30A0 }, { 0x30FB, 0x30FB }, { 0xFE30, 0xFE6B }, { 0xFF5F, 0xFF65 },
  } do
    fold_range(range[1], range[2], " ")
  end

  -- Full width: the same as the plain character.
  for code = 0x21, 0x7E do
    local plain = utf8.char(code)
    fold[utf8.char(code + 0xFEE0)] = fold[plain] or plain
  end

  for row in letter_rows:rows() do
    for letter in row.letters:gmatch(CHARACTER) do
      if fold[letter] then
        error("letters.csv: the letter " .. letter .. " stands there twice, or is none")
      end
      fold[letter] = row.plain
    end
  end
end

---Small plain letters and digits, and spaces; between a plain letter and an East Asian one, too: ABC贸易 is ABC 贸易.
local function folded(text)
  if text:find("[\x80-\xFF]") then
    text = text:gsub("[\xC2-\xF4][\x80-\xBF]*", fold)
    text = text:gsub("([%w])([\xE3-\xED\xF0])", "%1 %2"):gsub("([\xE3-\xED][\x80-\xBF][\x80-\xBF])(%w)", "%1 %2")
  end
  return (text:gsub("[^%l%d\x80-\xFF]", fold))
end

-- ---- Words

---Whether the word is one letter of an alphabet.
local function is_letter(word)
  local byte = word:byte()
  return #word == 1 and byte >= 0x61 or #word == 2 and byte >= 0xC3
end

---The words of a folded text; single letters in a row are one word: J. P. and J.P. are JP, S. A. is SA.
local function words_of(text)
  local words, single = {}, false
  for word in text:gmatch("[^ ]+") do
    local is_single = is_letter(word)
    if is_single and single then
      words[#words] = words[#words] .. word
    else
      words[#words + 1] = word
    end
    single = is_single
  end
  return words
end

-- Legal form, in the words that folding leaves → true; a word → the most words of a form that ends, or begins, with it; the forms
-- that may be glued to a name, longest first.
local forms, ending, beginning, glued = {}, {}, {}, {}

do
  for row in form_rows:rows() do
    local words = words_of(folded(row.form))
    if #words == 0 then
      error('legal_forms.csv: nothing is left of the form "' .. row.form .. '"')
    end
    local form = table.concat(words, " ")
    forms[form] = true
    local last = words[#words]
    ending[last] = math.max(ending[last] or 0, #words)
    beginning[words[1]] = math.max(beginning[words[1]] or 0, #words)
    if row.glued then
      glued[#glued + 1] = form
    end
  end
  table.sort(glued, function(a, b) return #a > #b end)
end

---The words without the legal forms at both ends: each time the longest, and never all words.
local function without_forms(words)
  local first, last = 1, #words
  local count
  repeat
    count = math.min(ending[words[last]] or 0, last - first)
    while count > 0 and not forms[table.concat(words, " ", last - count + 1, last)] do
      count = count - 1
    end
    last = last - count
  until count == 0
  repeat
    count = math.min(beginning[words[first]] or 0, last - first)
    while count > 0 and not forms[table.concat(words, " ", first, first + count - 1)] do
      count = count - 1
    end
    first = first + count
  until count == 0
  if first == 1 and last == #words then
    return words
  end
  return table.move(words, first, last, 1, {})
end

---Chinese, Japanese and Korean are written without spaces, or with them anywhere.
local function is_east_asian(word)
  local byte = word:byte()
  return byte >= 0xE3 and byte <= 0xED or byte == 0xF0
end

---A word without the legal forms that are written without a space, never empty.
local function without_glued(word)
  local before
  repeat
    before = word
    for _, form in ipairs(glued) do
      if #word > #form then
        if word:sub(-#form) == form then
          word = word:sub(1, -#form - 1)
        elseif word:sub(1, #form) == form then
          word = word:sub(#form + 1)
        end
      end
    end
  until word == before
  return word
end

---East Asian words that follow each other, as one.
local function joined(words)
  local list, was = {}, false
  for _, word in ipairs(words) do
    local is = is_east_asian(word)
    if is and was then
      list[#list] = list[#list] .. word
    else
      list[#list + 1] = word
    end
    was = is
  end
  for i, word in ipairs(list) do
    if is_east_asian(word) then
      list[i] = without_glued(word)
    end
  end
  return list
end

---What is left of a name when case, width, marks, punctuation, legal forms and the order of the words are taken away.
---@param name string
---@return string may be empty
local function normalise(name)
  local words = joined(without_forms(words_of(folded(name))))
  table.sort(words)
  return table.concat(words, " ")
end

-- ---- Entries

-- list → { ids, names, keys }, each: text → entries in the order of the file; the lists' names in order.
local lists, names = {}, {}

---Puts the entry under the text, unless it is there.
local function put(map, text, entry)
  local list = map[text]
  if not list then
    list = {}
    map[text] = list
  end
  if list[#list] ~= entry then
    list[#list + 1] = entry
  end
end

do
  local row_number = 1
  for row in entry_rows:rows() do
    row_number = row_number + 1
    local where = "entries.csv: row " .. row_number .. ", " .. row.id
    local list = lists[row.list]
    if not list then
      list = { ids = {}, names = {}, keys = {} }
      lists[row.list] = list
      names[#names + 1] = row.list
    end
    local period = { from = row.from or FIRST_DAY, to = row.to or LAST_DAY }
    if period.from > period.to then
      error(where .. ": the period ends on " .. period.to .. ", before it begins on " .. period.from)
    end
    for _, other in ipairs(list.names[row.name] or {}) do
      if other.entry.id == row.id and other.from <= period.to and period.from <= other.to then
        error(where .. ": another row has the same name on the same days")
      end
    end
    local key = normalise(row.name)
    if key == "" then
      error(where .. ": the name has no letter and no digit")
    end
    period.entry = { list = row.list, id = row.id, name = row.name, from = row.from, to = row.to, note = row.note }
    put(list.ids, row.id, period)
    put(list.names, row.name, period)
    put(list.keys, key, period)
  end
  table.sort(names)
end

local function list_of(name)
  return lists[name] or error('there is no list "' .. name .. '": entries.csv has ' .. table.concat(names, ", "))
end

---The first entry under the text that holds on the day, or nil.
local function at(map, text, day)
  for _, period in ipairs(map[text] or {}) do
    if period.from <= day and day <= period.to then
      return period.entry
    end
  end
  return nil
end

---The match on one list; the key is made where it is needed, and given back for the next list.
local function match_on(list, name, day, key)
  local entry = at(list.ids, name, day) or at(list.names, name, day)
  if entry then
    return { match = "exact", entry = entry }, key
  end
  key = key or normalise(name)
  entry = at(list.keys, key, day)
  return entry and { match = "normalised", entry = entry }, key
end

---Whether somebody stands on the list on the day: by id or name as written, else by the normalised name.
---@param list string
---@param name string a name, or an id
---@param day string YYYY-MM-DD
---@return table|nil { match = "exact" or "normalised", entry = { list, id, name, from, to, note } }
local function is_listed(list, name, day)
  return (match_on(list_of(list), name, day))
end

---The same on all lists, in the order of their names.
---@return table { { match, entry }, … }
local function matches(name, day)
  local found, key = {}, nil
  for _, list in ipairs(names) do
    local match
    match, key = match_on(lists[list], name, day, key)
    found[#found + 1] = match
  end
  return found
end

---The entry of exactly this id, or nil.
local function entry(list, id, day)
  return at(list_of(list).ids, id, day)
end

return {
  name    = "lists",
  version = "1.0.0",
  summary = "Watch lists and approved vendors, by id, name and normalised name.",
  files   = { "entries.csv", "letters.csv", "legal_forms.csv" },

  is_listed = is_listed,
  matches   = matches,
  entry     = entry,
  normalise = normalise,
}
