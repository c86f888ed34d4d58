-- An approval matrix as a spreadsheet: all rules stand in expense_matrix.csv, and what is here only says what they are about.
local matrix = decision_table "approval/expense_matrix.csv"

-- Exactly one row of the matrix matches.
---@param tx table
---@param params table
local function decide(tx, params)
  local row, numbers = matrix(tx, params)
  local decision = { outcome = row.outcome, reasons = { row.reason }, matrix_row = numbers[1] }
  if row.outcome == "route" then
    decision.route = { { role = row.approver } }
    if row.finance then
      decision.route[2] = { role = "finance" }
    end
  end
  return decision
end

return policy {
  summary  = "Who must sign an expense claim, by category, amount, the requester's level and the budget.",
  source   = "An example matrix, not taken from any company's rules: a pattern to replace with your own spreadsheet. "
          .. "示例审批矩阵，并非任何公司的制度，请替换为自己的表格。",
  outcomes = { "approve", "route", "reject" },

  input = record {
    id        = text { min = 1, max = 64 },
    amount    = money { min = "0.00" },                     -- CNY
    category  = enum { "travel", "training", "equipment", "entertainment" },
    requester = record {
      id    = text { min = 1, max = 64 },
      level = integer { min = 1, max = 6 },                 -- 1, 2: staff; 3, 4: leads; 5, 6: heads
    },
    in_budget = boolean {},                                 -- the claim fits into what is left of the budget
  },

  params = {
    petty_limit = money { default = "500.00", min = "0.00",
      summary = "Up to here, CNY, a claim within the budget needs no signature." },
    small_limit = money { default = "5000.00", min = "0.00",
      summary = "Up to here, CNY, a claim is small." },
    large_limit = money { default = "50000.00", min = "0.00",
      summary = "Above this, CNY, a claim is large." },
  },

  check = function(params)
    if params.petty_limit > params.small_limit or params.small_limit > params.large_limit then
      return "petty_limit, small_limit and large_limit must rise in this order"
    end
  end,

  reasons = {
    petty_expense             = { en = "A petty expense within the budget.",
                                  zh = "预算内的小额费用。" },
    own_limit                 = { en = "Within what the requester signs alone.",
                                  zh = "在申请人自行签批的额度内。" },
    needs_approval            = { en = "Above what the requester signs alone.",
                                  zh = "超过申请人自行签批的额度。" },
    entertainment             = { en = "Entertainment is never signed by the requester.",
                                  zh = "招待费不得由申请人自行签批。" },
    over_budget               = { en = "Not covered by the budget.",
                                  zh = "超出预算。" },
    entertainment_over_budget = { en = "Entertainment outside the budget is not paid.",
                                  zh = "预算外的招待费不予报销。" },
  },

  decide = decide,
}
