local edges = require "lib.edges"

-- A document that conforms; `changes` replaces fields.
local function document(changes)
  local tx = {
    id = "W", title = "采购管理流程", font_size = "二号", bold = true, centred = true, single_line = true, prepared_by = "王芳",
    reviewed_by = "李伟", approved_by = "张敏", revision_record = true, number = "QP-07", version = "A/1", page = 2, pages = 9,
    body_font = "宋体", body_size = "小四", line_spacing = 1.5, first_line_indent = 2,
  }
  for name, value in pairs(changes) do
    tx[name] = value
  end
  return tx
end

-- With a title of that many characters.
local function titled(length, changes)
  local tx = document(changes or {})
  tx.title = ("流"):rep(length)
  return tx
end

local function without(name)
  local tx = document {}
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local function rework(...)
  return { outcome = "rework", reasons = { ... } }
end

local CONFORMS = { outcome = "conforms", reasons = { "format_ok" } }

local cases = {
  -- The rule's own examples.
  { name = "too small a title, and its own approver",
    input = { id = "W-1", title = "采购管理流程", font_size = "小二", bold = true, centred = true, single_line = true,
              prepared_by = "王芳", reviewed_by = "李伟", approved_by = "王芳", revision_record = true, number = "QP-07",
              version = "A/1", page = 2, pages = 9, body_font = "宋体", body_size = "小四", line_spacing = 1.5,
              first_line_indent = 2 },
    expect = rework("title_font", "self_approval") },
  { name = "a long title may be smaller",
    input = { id = "W-2", title = "固定资产与在建工程采购验收办法实施细则", font_size = "小二", bold = true, centred = true,
              single_line = true, prepared_by = "王芳", reviewed_by = "李伟", approved_by = "张敏", revision_record = true,
              number = "QP-08", version = "A/0", page = 1, pages = 4, body_font = "宋体", body_size = "小四", line_spacing = 1.5,
              first_line_indent = 2 },
    expect = CONFORMS },

  { name = "everything as prescribed", input = document {}, expect = CONFORMS },

  -- Lengths are in characters, and nothing is trimmed.
  { name = "characters, not bytes", input = document { title = ("𠮷"):rep(20) }, expect = CONFORMS },
  { name = "one more character", input = document { title = ("𠮷"):rep(21) }, expect = rework "title_too_long" },
  { name = "a combining mark is a character", input = document { title = ("e\u{301}"):rep(10) .. "x" },
    expect = rework "title_too_long" },
  { name = "spaces count", input = document { title = (" "):rep(8) .. "流程" .. ("\u{3000}"):rep(11) },
    expect = rework "title_too_long" },
  { name = "a title of a space is one", input = document { title = " " }, expect = CONFORMS },
  { name = "spaces make a title long enough for the smaller size",
    input = document { title = "流程" .. (" "):rep(14), font_size = "小二" }, expect = CONFORMS },

  -- The layout of the title is one finding.
  { name = "not bold", input = document { bold = false }, expect = rework "title_layout" },
  { name = "not centred", input = document { centred = false }, expect = rework "title_layout" },
  { name = "not on one line", input = document { single_line = false }, expect = rework "title_layout" },
  { name = "neither of the three", input = document { bold = false, centred = false, single_line = false },
    expect = rework "title_layout" },

  -- Who signed.
  { name = "no preparer", input = document { prepared_by = "" }, expect = rework "missing_signature" },
  { name = "no reviewer", input = document { reviewed_by = "" }, expect = rework "missing_signature" },
  { name = "no approver", input = document { approved_by = "" }, expect = rework "missing_signature" },
  { name = "nobody", input = document { prepared_by = "", reviewed_by = "", approved_by = "" },
    expect = rework "missing_signature" },
  { name = "the same blank is nobody", input = document { prepared_by = "\u{3000}", approved_by = "\u{3000}" },
    expect = rework "missing_signature" },
  { name = "preparer and approver are one", input = document { approved_by = "王芳" }, expect = rework "self_approval" },
  { name = "all three are one", input = document { reviewed_by = "王芳", approved_by = "王芳" },
    expect = rework "self_approval" },
  { name = "the reviewer may be the preparer", input = document { reviewed_by = "王芳" }, expect = CONFORMS },
  { name = "the reviewer may be the approver", input = document { reviewed_by = "张敏" }, expect = CONFORMS },
  { name = "names are equal when their characters are", input = document { approved_by = "王芳 " }, expect = CONFORMS },
  { name = "no reviewer, and its own approver", input = document { reviewed_by = " ", approved_by = "王芳" },
    expect = rework("missing_signature", "self_approval") },

  { name = "no revision record", input = document { revision_record = false }, expect = rework "no_revision_record" },

  -- The body is one finding.
  { name = "another font", input = document { body_font = "黑体" }, expect = rework "body_format" },
  { name = "no font", input = document { body_font = "" }, expect = rework "body_format" },
  { name = "the font with a space", input = document { body_font = "宋体 " }, expect = rework "body_format" },
  { name = "a smaller body", input = document { body_size = "五号" }, expect = rework "body_format" },
  { name = "another size", input = document { body_size = "other" }, expect = rework "body_format" },
  { name = "narrower lines", input = document { line_spacing = 1.49 }, expect = rework "body_format" },
  { name = "wider lines", input = document { line_spacing = 1.51 }, expect = rework "body_format" },
  { name = "line spacing as a text", input = document { line_spacing = "1.50" }, expect = CONFORMS },
  { name = "an indent of 1", input = document { first_line_indent = 1 }, expect = rework "body_format" },
  { name = "an indent of 3", input = document { first_line_indent = 3 }, expect = rework "body_format" },
  { name = "no indent", input = document { first_line_indent = 0 }, expect = rework "body_format" },
  { name = "nothing of the body is right",
    input = document { body_font = "Arial", body_size = "other", line_spacing = 0, first_line_indent = 0 },
    expect = rework "body_format" },

  -- Pages.
  { name = "the page before the last", input = document { page = 8 }, expect = CONFORMS },
  { name = "the last page", input = document { page = 9 }, expect = CONFORMS },
  { name = "a page past the last", input = document { page = 10 }, expect = rework "page_number" },
  { name = "page 1 of 1", input = document { page = 1, pages = 1 }, expect = CONFORMS },

  -- The header.
  { name = "the header has the title", input = document { header_title = "采购管理流程" }, expect = CONFORMS },
  { name = "the header has another", input = document { header_title = "采购流程" }, expect = rework "header_mismatch" },
  { name = "the header has one more space", input = document { header_title = "采购管理流程 " },
    expect = rework "header_mismatch" },
  { name = "the header is empty", input = document { header_title = "" }, expect = rework "header_mismatch" },

  { name = "no number", input = document { number = "" }, expect = rework "missing_number" },
  { name = "no version", input = document { version = "" }, expect = rework "missing_number" },
  { name = "neither number nor version", input = document { number = " ", version = "\t" },
    expect = rework "missing_number" },

  { name = "dated", input = document { dated = true }, expect = CONFORMS },
  { name = "not dated", input = document { dated = false }, expect = rework "missing_date" },

  { name = "all that can be wrong",
    input = titled(21, { font_size = "other", bold = false, approved_by = "王芳", reviewed_by = "", revision_record = false,
                         body_size = "五号", page = 10, header_title = "流程", number = "", dated = false }),
    expect = rework("title_too_long", "title_font", "title_layout", "missing_signature", "self_approval", "no_revision_record",
                    "body_format", "page_number", "header_mismatch", "missing_number", "missing_date") },

  -- Params.
  { name = "title_max: at it", input = titled(12), params = { title_max = 12 }, expect = CONFORMS },
  { name = "title_max: above it", input = titled(13), params = { title_max = 12 }, expect = rework "title_too_long" },
  { name = "title_large_max: at it", input = titled(5, { font_size = "小二" }), params = { title_large_max = 5 },
    expect = rework "title_font" },
  { name = "title_large_max: above it", input = titled(6, { font_size = "小二" }), params = { title_large_max = 5 },
    expect = CONFORMS },
  { name = "title_large_max above title_max", input = titled(22, { font_size = "小二" }), params = { title_large_max = 30 },
    expect = rework("title_too_long", "title_font") },
  { name = "no title is short", input = titled(1, { font_size = "小二" }), params = { title_large_max = 0, title_max = 0 },
    expect = rework "title_too_long" },
  { name = "a length is not negative", input = document {}, params = { title_max = -1 },
    error = { code = "invalid_params" } },
  { name = "a length is whole", input = document {}, params = { title_large_max = "15.5" },
    error = { code = "invalid_params" } },

  -- Inputs that are none.
  invalid("an empty id", document { id = "" }, "/id"),
  invalid("an empty title", document { title = "" }, "/title"),
  invalid("a size of another name", document { font_size = "三号" }, "/font_size"),
  invalid("a body of another size", document { body_size = "四号" }, "/body_size"),
  invalid("bold is a boolean", document { bold = 1 }, "/bold"),
  invalid("a preparer is a text", document { prepared_by = 5 }, "/prepared_by"),
  invalid("page 0", document { page = 0 }, "/page"),
  invalid("half a page", document { page = 1.5 }, "/page"),
  invalid("no pages", document { pages = 0 }, "/pages"),
  invalid("a page as a text", document { pages = "nine" }, "/pages"),
  invalid("a negative line spacing", document { line_spacing = -1.5 }, "/line_spacing"),
  invalid("a negative indent", document { first_line_indent = -2 }, "/first_line_indent"),
  invalid("half an indent", document { first_line_indent = 2.5 }, "/first_line_indent"),
  invalid("a header is a text", document { header_title = false }, "/header_title"),
  invalid("dated is a boolean", document { dated = "yes" }, "/dated"),
}

-- Every length of a title around the two limits, in every size.
for _, length in ipairs { 1, 14, 15, 16, 19, 20, 21, 60 } do
  for _, size in ipairs { "二号", "小二", "other" } do
    local reasons = {}
    if length > 20 then
      reasons[#reasons + 1] = "title_too_long"
    end
    if size == "other" or (size == "小二" and length <= 15) then
      reasons[#reasons + 1] = "title_font"
    end
    cases[#cases + 1] = { name = length .. " characters in " .. size, input = titled(length, { font_size = size }),
      expect = #reasons > 0 and rework(table.unpack(reasons)) or CONFORMS }
  end
end

-- Blank in every way, and texts that only look so.
local FINDING = { prepared_by = "missing_signature", reviewed_by = "missing_signature", approved_by = "missing_signature",
                  number = "missing_number", version = "missing_number" }

for _, field in ipairs { "prepared_by", "reviewed_by", "approved_by", "number", "version" } do
  for i, blank in ipairs { " ", "\t", "\r\n", "\u{3000}", " \u{3000}\t\u{3000}\r\n " } do
    cases[#cases + 1] = { name = field .. ": blank " .. i, input = document { [field] = blank },
      expect = rework(FINDING[field]) }
  end
  for i, given in ipairs { ".", "\u{A0}", "\u{200B}", "\u{2003}", "\u{0}", "\v", "\u{3000}x" } do
    cases[#cases + 1] = { name = field .. ": given " .. i, input = document { [field] = given }, expect = CONFORMS }
  end
end

-- Every required field.
for _, field in ipairs {
  "id", "title", "font_size", "bold", "centred", "single_line", "prepared_by", "reviewed_by", "approved_by", "revision_record",
  "number", "version", "page", "pages", "body_font", "body_size", "line_spacing", "first_line_indent",
} do
  cases[#cases + 1] = invalid("the field is missing: " .. field, without(field), "/" .. field)
end

-- The edges of the declaration.
local good = { input = document {}, expect = { outcome = "conforms" } }
edges.text(cases, good, "id", 1, 64)
edges.refuses(cases, good, "line_spacing", -0.01)
edges.refuses(cases, good, "first_line_indent", -1)
edges.param(cases, good, "title_large_max", 0, -1)

return test "process.document_control" (cases)
