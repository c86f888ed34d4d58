local texts = require "lib.text"

local ELEMENTS = 6
local SHARE = { places = 4, rounding = "half_up" }

-- The elements that a step lacks, in the order of the rule.
---@param step table
local function absent_elements(step)
  local absent = {}
  if texts.blank(step.task) then
    absent[#absent + 1] = "task"
  end
  if texts.blank(step.responsible) then
    absent[#absent + 1] = "responsibility"
  end
  if texts.blank(step.objective) or texts.blank(step.kpi) then
    absent[#absent + 1] = "objective_and_kpi"
  end
  if not step.time_limit_hours or step.time_limit_hours == 0 then
    absent[#absent + 1] = "time"
  end
  if not step.resources or #step.resources == 0 then
    absent[#absent + 1] = "resources"
  end
  if not step.information or #step.information == 0 then
    absent[#absent + 1] = "information"
  end
  return absent
end

-- One finding over all steps.
---@param tx table
local function decide(tx)
  local steps = tx.step
  if #steps == 0 then
    return { outcome = "incomplete", reasons = { "no_steps" }, coverage = 0, missing = {} }
  end

  local missing = {}
  local present = ELEMENTS * #steps
  for i = 1, #steps do
    local absent = absent_elements(steps[i])
    if #absent > 0 then
      missing[#missing + 1] = { step = steps[i].name, elements = absent }
      present = present - #absent
    end
  end

  local coverage = decimal.div(present, ELEMENTS * #steps, SHARE)
  if #missing > 0 then
    return { outcome = "incomplete", reasons = { "missing_element" }, coverage = coverage, missing = missing }
  end
  return { outcome = "complete", reasons = { "all_elements_flow" }, coverage = coverage, missing = missing }
end

return policy {
  summary  = "Do the six elements of a process flow together through all its steps?",
  source   = "应该至少让以下六个要素同步流动:工作任务的流动责任的流动目标和绩效指标的流动时间的流动相关资源的流动信息的流动 (at least these "
          .. "six elements should flow together: the task, the responsibility, objective and performance indicator, time, "
          .. "resources, information).",
  outcomes = { "complete", "incomplete" },

  input = record {
    id   = text { min = 1, max = 64 },
    name = text {},
    step = list { of = record {
      name             = text { min = 1, max = 64 },
      task             = optional(text {}),
      responsible      = optional(text {}),
      objective        = optional(text {}),
      kpi              = optional(text {}),
      time_limit_hours = optional(number { min = 0 }),
      resources        = optional(list { of = text {} }),
      information      = optional(list { of = text {} }),
    } },
  },

  params = {},

  reasons = {
    no_steps          = { en = "The process has no steps.",
                          zh = "流程没有步骤。" },
    missing_element   = { en = "A step lacks one of the six elements.",
                          zh = "有步骤缺少六要素之一。" },
    all_elements_flow = { en = "All six elements flow together.",
                          zh = "六个要素同步流动。" },
  },

  decide = decide,
}
