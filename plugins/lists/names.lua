-- What is left of a name when all that people write in different ways is taken away.

local letter_rows = dataset "letters.csv" {
  plain   = text { min = 1 },
  letters = text { min = 1 },
}

local form_rows = dataset "legal_forms.csv" {
  form  = text { min = 1 },
  glued = boolean {},
}

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

return { normalise = normalise }
