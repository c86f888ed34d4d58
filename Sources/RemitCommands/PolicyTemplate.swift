internal import RemitModel

/// What `remit new policy` writes.
enum PolicyTemplate {
  static let policy = """
    -- First that applies.
    ---@param tx table
    ---@param params table
    local function decide(tx, params)
      if tx.amount > params.limit then
        return { outcome = "route", reasons = { "over_limit" }, route = { { role = "manager" } } }
      end
      return { outcome = "approve", reasons = { "within_limit" } }
    end

    return policy {
      summary  = "What this policy decides.",
      source   = "The rule that it implements.",
      outcomes = { "approve", "route" },

      input = record {
        id     = text {},
        amount = money { min = 0 },
      },

      params = {
        limit = money { default = "1000.00", min = 0, summary = "Up to here nobody has to sign." },
      },

      reasons = {
        within_limit = { en = "Within the limit.", zh = "在限额内。" },
        over_limit   = { en = "Above the limit.", zh = "超过限额。" },
      },

      decide = decide,
    }

    """

  static func tests(_ name: PolicyName) -> String {
    """
    return test "\(name)" {
      { name = "at the limit", input = { id = "1", amount = "1000.00" },
        expect = { outcome = "approve", reasons = { "within_limit" } } },
      { name = "a cent above it", input = { id = "2", amount = "1000.01" },
        expect = { outcome = "route", reasons = { "over_limit" }, route = { { role = "manager" } } } },
      { name = "another limit", input = { id = "3", amount = "1000.01" }, params = { limit = "2000" },
        expect = { outcome = "approve" } },
      { name = "no amount", input = { id = "4" }, error = { code = "invalid_input", path = "/amount" } },
    }

    """
  }
}
