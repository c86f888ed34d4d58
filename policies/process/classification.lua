local texts = require "lib.text"

-- The class is the first that applies; then what the process lacks, which changes nothing about its class.
---@param tx table
local function decide(tx)
  local class, reason = "unclassified", "unclassified"
  if tx.serves_strategy then
    class, reason = "strategic", "serves_strategy"
  elseif tx.guides_operations then
    class, reason = "operational", "guides_operations"
  elseif tx.supports_others then
    class, reason = "support", "supports_others"
  end

  local reasons = { reason }
  if tx.level > 1 and texts.blank(tx.parent) then
    reasons[#reasons + 1] = "no_parent"
  end
  if texts.blank(tx.owner) then
    reasons[#reasons + 1] = "no_owner"
  end
  return { outcome = class, reasons = reasons, class = class }
end

return policy {
  summary  = "Which class of process is this, and does it have its owner and its place?",
  source   = "把企业的各种流程归属为三大类:1)战略类流程:直接促进和服务于公司战略目标达成的流程 2)营运类流程:是指导各部门、各业务单元运做的流程 "
          .. "3)支持性流程:是那些提供支持和保障作用的流程 (three classes of processes: strategic ones serve the company's strategic "
          .. "goals, operational ones guide the work of departments and units, support ones support and secure); "
          .. "应进行流程分级管理, … 一般可分为三级 (processes are managed by level, as a rule three); "
          .. "每一个业务流程有指定的流程控制人 (each process has a designated owner).",
  outcomes = { "strategic", "operational", "support", "unclassified" },

  input = record {
    id                = text { min = 1, max = 64 },
    serves_strategy   = boolean {},
    guides_operations = boolean {},
    supports_others   = boolean {},
    level             = integer { min = 1, max = 3 },
    owner             = optional(text {}),
    parent            = optional(text {}),
  },

  params = {},

  reasons = {
    serves_strategy   = { en = "Strategic: it serves the company's strategic goals.",
                          zh = "战略类流程:服务于公司战略目标的达成。" },
    guides_operations = { en = "Operational: it guides the work of departments and units.",
                          zh = "营运类流程:指导各部门、各业务单元运做。" },
    supports_others   = { en = "Support: it supports and secures other processes.",
                          zh = "支持性流程:提供支持和保障作用。" },
    unclassified      = { en = "It belongs to none of the three classes.",
                          zh = "不属于三大类流程中的任何一类。" },
    no_parent         = { en = "A process of level 2 or 3 needs the process above it.",
                          zh = "二级、三级流程缺少上级流程。" },
    no_owner          = { en = "It has no owner.",
                          zh = "未指定流程控制人。" },
  },

  decide = decide,
}
