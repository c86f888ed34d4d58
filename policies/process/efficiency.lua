local RATIO = { places = 4, rounding = "half_up" }

-- One finding on efficiency, then the benchmark. Shares are compared as products, so that no quotient is rounded.
---@param tx table
---@param params table
local function decide(tx, params)
  local execution, waiting = 0, 0
  local longest, bottleneck = 0, nil
  for i = 1, #tx.steps do
    local step = tx.steps[i]
    local wait = step.delay_hours + step.transfer_hours
    execution = execution + step.execution_hours
    waiting = waiting + wait
    if wait > longest then
      longest, bottleneck = wait, i
    end
  end

  local total = execution + waiting
  if total == 0 then
    return { outcome = "improve", reasons = { "no_time_recorded" }, total_hours = total }
  end

  local outcome, reasons = "keep", {}
  if execution < total * params.min_efficiency then
    outcome, reasons[1] = "redesign", "low_efficiency"
  elseif execution < total * params.good_efficiency then
    outcome, reasons[1] = "improve", "moderate_efficiency"
  end

  local benchmark = tx.benchmark_hours
  if benchmark and total > benchmark then
    reasons[#reasons + 1] = "over_benchmark"
    if outcome == "keep" then
      outcome = "improve"
    end
  end

  if #reasons == 0 then
    reasons[1] = "efficient"
  end
  return { outcome = outcome, reasons = reasons, bottleneck = bottleneck,
           efficiency = decimal.div(execution, total, RATIO), total_hours = total }
end

return policy {
  summary  = "How much of a process's time is work, where does it wait, and must it be improved?",
  source   = "流程的流通效率可以用数学公式来表达:流程运做总用时=流程中工作任务执行时间+延迟时间+任务传递时间 (how efficiently a process flows "
          .. "can be put as a formula: its total time is the time of executing its tasks, plus delays, plus the time of passing "
          .. "tasks on); 找出流程中的瓶颈和问题 (find the bottlenecks and problems of the process).",
  outcomes = { "keep", "improve", "redesign" },

  input = record {
    id              = text { min = 1, max = 64 },
    steps           = list { of = record {
      execution_hours = number { min = 0 },
      delay_hours     = number { min = 0 },
      transfer_hours  = number { min = 0 },
    } },
    benchmark_hours = optional(number { min = 0 }),
  },

  params = {
    min_efficiency  = number { default = 0.25, min = 0,
      summary = "Where less than this share of the time is execution, the process is redesigned." },
    good_efficiency = number { default = 0.5, min = 0,
      summary = "Where less than this share of the time is execution, the process is improved." },
  },

  reasons = {
    no_time_recorded    = { en = "No time is recorded.",
                            zh = "没有用时记录。" },
    low_efficiency      = { en = "Too little of the time is execution: the efficiency is below the minimum.",
                            zh = "执行时间占比过低,流通效率低于最低要求。" },
    moderate_efficiency = { en = "The efficiency is moderate.",
                            zh = "流通效率一般。" },
    over_benchmark      = { en = "The total time is above the benchmark.",
                            zh = "总用时超过标杆用时。" },
    efficient           = { en = "The process flows efficiently.",
                            zh = "流程流通效率良好。" },
  },

  decide = decide,
}
