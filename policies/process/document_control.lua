local texts = require "lib.text"

local TITLE_LARGE, TITLE_SMALL = "二号", "小二"
local BODY_FONT, BODY_SIZE, BODY_SPACING, BODY_INDENT = "宋体", "小四", 1.5, 2

-- All that apply, in the order of the rules.
---@param tx table
---@param params table
local function decide(tx, params)
  local reasons = {}

  -- 文件名一般不超过20个字;不超过15个字时,采用二号字体加黑,居中;超过15个字时,可以用小二号字体,文件名称要求一行内写完
  local length = utf8.len(tx.title)
  if length > params.title_max then
    reasons[#reasons + 1] = "title_too_long"
  end
  local small_allowed = length > params.title_large_max
  if tx.font_size ~= TITLE_LARGE and not (small_allowed and tx.font_size == TITLE_SMALL) then
    reasons[#reasons + 1] = "title_font"
  end
  if not (tx.bold and tx.centred and tx.single_line) then
    reasons[#reasons + 1] = "title_layout"
  end

  -- 编制、审核、批准
  if texts.blank(tx.prepared_by) or texts.blank(tx.reviewed_by) or texts.blank(tx.approved_by) then
    reasons[#reasons + 1] = "missing_signature"
  end
  if tx.prepared_by == tx.approved_by and not texts.blank(tx.prepared_by) then
    reasons[#reasons + 1] = "self_approval"
  end

  -- “批准”栏后为修订记录
  if not tx.revision_record then
    reasons[#reasons + 1] = "no_revision_record"
  end

  -- 文件正文描述使用宋体,小四号;第一行缩进两个字体;均要求1.5倍行距
  if tx.body_font ~= BODY_FONT or tx.body_size ~= BODY_SIZE or tx.line_spacing ~= BODY_SPACING
    or tx.first_line_indent ~= BODY_INDENT then
    reasons[#reasons + 1] = "body_format"
  end

  -- 页码统一为“第X页,共X页”
  if tx.page > tx.pages then
    reasons[#reasons + 1] = "page_number"
  end

  -- 页眉文件名称必须是该文件的全称,与封面一致
  if tx.header_title and tx.header_title ~= tx.title then
    reasons[#reasons + 1] = "header_mismatch"
  end

  -- 文件编号、版本/修订号
  if texts.blank(tx.number) or texts.blank(tx.version) then
    reasons[#reasons + 1] = "missing_number"
  end

  -- 编制、审核、批准及日期
  if tx.dated == false then
    reasons[#reasons + 1] = "missing_date"
  end

  if #reasons == 0 then
    return { outcome = "conforms", reasons = { "format_ok" } }
  end
  return { outcome = "rework", reasons = reasons }
end

return policy {
  summary  = "Does a process document keep to the prescribed format?",
  source   = "文件名一般不超过20个字 (a title has as a rule at most 20 characters); 当文件名不超过15个字时,采用二号字体加黑,居中;"
          .. "超过15个字时,可以用小二号字体,文件名称要求一行内写完 (up to 15 characters in bold size 二号, centred; above that 小二 may "
          .. "be used; on one line); 编制、审核、批准及日期 (prepared, reviewed, approved, and the date); 修订记录 (revision record); "
          .. "文件正文描述使用宋体,小四号, … 正文部分第一行缩进两个字体 (body in 宋体, 小四, the first line indented by two characters); "
          .. "均要求1.5倍行距 (1.5 line spacing); 页眉 文件名称:必须是该文件的全称,与封面一致 (the header's title is the cover's, in full); "
          .. "页码统一为“第X页,共X页” (pages are numbered X of X); 文件编号、版本/修订号 (number, version).",
  outcomes = { "conforms", "rework" },

  input = record {
    id                = text { min = 1, max = 64 },
    title             = text { min = 1 },
    font_size         = enum { "二号", "小二", "other" },
    bold              = boolean {},
    centred           = boolean {},
    single_line       = boolean {},
    prepared_by       = text {},
    reviewed_by       = text {},
    approved_by       = text {},
    revision_record   = boolean {},
    number            = text {},
    version           = text {},
    page              = integer { min = 1 },
    pages             = integer { min = 1 },
    body_font         = text {},
    body_size         = enum { "小四", "五号", "other" },
    line_spacing      = number { min = 0 },
    first_line_indent = integer { min = 0 },                -- characters
    header_title      = optional(text {}),
    dated             = optional(boolean {}),
  },

  params = {
    title_max       = integer { default = 20, min = 0,
      summary = "The most characters that a title may have." },
    title_large_max = integer { default = 15, min = 0,
      summary = "Up to so many characters a title must be set in 二号." },
  },

  reasons = {
    title_too_long     = { en = "The title is too long.",
                           zh = "文件名称超过规定字数。" },
    title_font         = { en = "The title is not set in the size that its length calls for.",
                           zh = "文件名称字号不符合规定。" },
    title_layout       = { en = "The title is not bold, not centred or not on one line.",
                           zh = "文件名称未加黑、未居中或未在一行内写完。" },
    missing_signature  = { en = "Preparer, reviewer or approver is missing.",
                           zh = "缺少编制、审核或批准人。" },
    self_approval      = { en = "The preparer is also the approver.",
                           zh = "编制人与批准人为同一人。" },
    no_revision_record = { en = "There is no revision record.",
                           zh = "缺少修订记录。" },
    body_format        = { en = "The body is not in 宋体 小四 with 1.5 line spacing and an indent of two characters.",
                           zh = "正文不符合宋体、小四号、1.5倍行距、首行缩进两个字的要求。" },
    page_number        = { en = "The page is past the number of pages.",
                           zh = "页码超过总页数。" },
    header_mismatch    = { en = "The header's title is not the cover's.",
                           zh = "页眉文件名称与封面不一致。" },
    missing_number     = { en = "Number or version is missing.",
                           zh = "缺少文件编号或版本号。" },
    missing_date       = { en = "The date is missing.",
                           zh = "缺少日期。" },
    format_ok          = { en = "The document keeps to the format.",
                           zh = "文件格式符合规定。" },
  },

  decide = decide,
}
