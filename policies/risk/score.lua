-- The six controls in the order of the rule, each with the param that weighs its absence.
local CONTROLS = {
  "authorisation_clear", "responsibility_clear", "objective_clear",
  "time_bounded", "resources_sufficient", "information_complete",
}
local WEIGHTS = {
  authorisation_clear  = "weight_authorisation",
  responsibility_clear = "weight_responsibility",
  objective_clear      = "weight_objective",
  time_bounded         = "weight_time",
  resources_sufficient = "weight_resources",
  information_complete = "weight_information",
}

local LOW      = { name = "low", outcome = "accept", control = "monitor", reason = "low_expected_loss" }
local MEDIUM   = { name = "medium", outcome = "review", control = "review", reason = "medium_expected_loss" }
local HIGH     = { name = "high", outcome = "mitigate", control = "strengthen", reason = "high_expected_loss" }
local CRITICAL = { name = "critical", outcome = "stop", control = "stop", reason = "critical_expected_loss" }

local NONE = {}

local function weak_controls(controls)
  local weak = {}
  for i = 1, #CONTROLS do
    local name = CONTROLS[i]
    if not controls[name] then
      weak[#weak + 1] = name
    end
  end
  return weak
end

local function band_of(loss, params)
  if loss < params.low_below then
    return LOW
  elseif loss < params.medium_below then
    return MEDIUM
  elseif loss < params.high_below then
    return HIGH
  end
  return CRITICAL
end

-- One band; then, in every case, whether a control is missing.
---@param tx table
---@param params table
local function decide(tx, params)
  local controls = tx.controls
  local weak = controls and weak_controls(controls) or NONE

  local probability = tx.probability
  if not probability and controls and tx.base_probability then
    probability = tx.base_probability
    for i = 1, #weak do
      probability = probability * params[WEIGHTS[weak[i]]]
    end
    if probability > 1 then
      probability = 1
    end
  end

  if not probability then
    local reasons = { "no_probability" }
    if #weak > 0 then
      reasons[2] = "missing_control"
    end
    return { outcome = "review", reasons = reasons, weak = weak }
  end

  -- R = pr × E; the band is that of the exact R.
  local expected_loss = probability * tx.loss
  local band = band_of(expected_loss, params)
  local reasons = { band.reason }
  if #weak > 0 then
    reasons[2] = "missing_control"
  end
  return { outcome = band.outcome, reasons = reasons, band = band.name, control = band.control,
           expected_loss = decimal.round(expected_loss, 2, "half_even"), probability = probability, weak = weak }
end

return policy {
  summary  = "The expected loss of a process that is badly managed, and what to do about it.",
  source   = "R=pr(E)R代表风险,E代表潜在的损失,pr代表由于管理失当而导致损失的可能性 (R is the risk, E the potential loss, "
          .. "pr the probability of a loss through failed management); 导致授权不明确、责任不到位、目标不清晰、流程的流通时间拖沓、"
          .. "资源不充分、信息不完整 (unclear authority, responsibility and objectives, slow flow, insufficient resources, "
          .. "incomplete information).",
  outcomes = { "accept", "review", "mitigate", "stop" },

  input = record {
    id               = text { min = 1, max = 64 },
    loss             = money { min = "0.00" },
    probability      = optional(number { min = 0, max = 1 }),
    controls         = optional(record {
      authorisation_clear  = boolean {},
      responsibility_clear = boolean {},
      objective_clear      = boolean {},
      time_bounded         = boolean {},
      resources_sufficient = boolean {},
      information_complete = boolean {},
    }),
    base_probability = optional(number { min = 0, max = 1 }),
  },

  params = {
    weight_authorisation  = number { default = 1.5, min = 0,
      summary = "Factor on the base probability where authority is unclear (授权不明确)." },
    weight_responsibility = number { default = 1.5, min = 0,
      summary = "Factor on the base probability where nobody answers for it (责任不到位)." },
    weight_objective      = number { default = 1.5, min = 0,
      summary = "Factor on the base probability where the objective is unclear (目标不清晰)." },
    weight_time           = number { default = 1.5, min = 0,
      summary = "Factor on the base probability where time is not bounded (时间拖沓)." },
    weight_resources      = number { default = 1.5, min = 0,
      summary = "Factor on the base probability where resources are insufficient (资源不充分)." },
    weight_information    = number { default = 1.5, min = 0,
      summary = "Factor on the base probability where information is incomplete (信息不完整)." },
    low_below             = money { default = "1000.00", min = "0.00",
      summary = "An expected loss below this is low." },
    medium_below          = money { default = "50000.00", min = "0.00",
      summary = "An expected loss from low_below, and below this, is medium." },
    high_below            = money { default = "1000000.00", min = "0.00",
      summary = "An expected loss from medium_below, and below this, is high; from here on it is critical." },
  },

  reasons = {
    no_probability         = { en = "Neither a probability, nor a base probability with controls, is known.",
                               zh = "既无损失概率,也无基础概率和控制要素。" },
    low_expected_loss      = { en = "The expected loss is low.",
                               zh = "预期损失低。" },
    medium_expected_loss   = { en = "The expected loss is medium.",
                               zh = "预期损失中等。" },
    high_expected_loss     = { en = "The expected loss is high.",
                               zh = "预期损失高。" },
    critical_expected_loss = { en = "The expected loss is critical.",
                               zh = "预期损失重大。" },
    missing_control        = { en = "A management control is missing.",
                               zh = "管理控制要素缺失。" },
  },

  decide = decide,
}
