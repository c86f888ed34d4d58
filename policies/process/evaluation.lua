-- The lowest grade is D, whatever the score.
---@param score number
---@param params table
local function grade_of(score, params)
  if score >= params.min_a then
    return "A"
  elseif score >= params.min_b then
    return "B"
  elseif score >= params.min_c then
    return "C"
  end
  return "D"
end

local REASON = { A = "grade_a", B = "grade_b", C = "grade_c", D = "grade_d" }

-- One grade, by the exact score; then whether nobody from outside looked.
---@param tx table
---@param params table
local function decide(tx, params)
  local score = tx.compliance * params.weight_compliance + tx.effectiveness * params.weight_effectiveness
    + tx.performance * params.weight_performance

  local grade = grade_of(score, params)
  if grade == "A" and not tx.external_review then
    grade = "B"
  end

  local reasons = { REASON[grade] }
  if not tx.external_review then
    reasons[2] = "internal_only"
  end
  return { outcome = grade, reasons = reasons, grade = grade, score = decimal.round(score, 4, "half_up") }
end

local function check(params)
  local sum = params.weight_compliance + params.weight_effectiveness + params.weight_performance
  if sum ~= 1 then
    return "weight_compliance, weight_effectiveness and weight_performance add up to " .. sum .. ", must add up to 1"
  end
end

return policy {
  summary  = "Which grade does a process earn, by compliance, effectiveness and performance?",
  source   = "业务流程的遵循性评估 (evaluation of compliance); 业务流程的有效性评估 (of effectiveness); 业务流程的绩效评估 (of performance); "
          .. "企业应该建立起内部评估和外部评估相结合的方式 (a company should combine internal and external evaluation).",
  outcomes = { "A", "B", "C", "D" },

  input = record {
    id              = text { min = 1, max = 64 },
    compliance      = number { min = 0, max = 1 },
    effectiveness   = number { min = 0, max = 1 },
    performance     = number { min = 0, max = 1 },
    external_review = boolean {},
  },

  params = {
    weight_compliance    = number { default = 0.3, min = 0,
      summary = "Weight of compliance (遵循性); the three weights add up to 1." },
    weight_effectiveness = number { default = 0.3, min = 0,
      summary = "Weight of effectiveness (有效性)." },
    weight_performance   = number { default = 0.4, min = 0,
      summary = "Weight of performance (绩效)." },
    min_a                = number { default = 0.9, min = 0,
      summary = "From this score on the grade is A." },
    min_b                = number { default = 0.75, min = 0,
      summary = "From this score on, and below min_a, the grade is B." },
    min_c                = number { default = 0.6, min = 0,
      summary = "From this score on, and below min_b, the grade is C; below it D." },
  },

  check = check,

  reasons = {
    grade_a       = { en = "Grade A.",
                      zh = "评估等级为A。" },
    grade_b       = { en = "Grade B.",
                      zh = "评估等级为B。" },
    grade_c       = { en = "Grade C.",
                      zh = "评估等级为C。" },
    grade_d       = { en = "Grade D.",
                      zh = "评估等级为D。" },
    internal_only = { en = "Evaluated internally only: without an external review there is no grade A.",
                      zh = "仅有内部评估;未经外部评估,不得评为A。" },
  },

  decide = decide,
}
