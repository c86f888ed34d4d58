local edges = require "lib.edges"

-- 100 pieces at 10.00, ordered, received and billed; `changes` replaces top-level fields.
local function purchase(changes)
  local tx = {
    id = "M", order = { quantity = 100, unit_price = 10 }, receipt = { quantity = 100 },
    invoice = { quantity = 100, unit_price = 10, amount = 1000 }, receipt_required = true,
  }
  for name, value in pairs(changes) do
    tx[name] = value
  end
  return tx
end

-- An invoice whose amount is right.
local function bill(quantity, unit_price)
  return { quantity = quantity, unit_price = unit_price, amount = quantity * unit_price }
end

-- One piece ordered at 1,000.00, one received and billed at that price.
local function one(unit_price)
  return { id = "M", order = { quantity = 1, unit_price = 1000 }, receipt = { quantity = 1 }, invoice = bill(1, unit_price),
           receipt_required = true }
end

local function received(quantity, changes)
  local tx = purchase(changes or {})
  tx.receipt, tx.invoice = { quantity = quantity }, bill(1, 10)
  return tx
end

local function without_receipt(changes)
  local tx = purchase(changes)
  tx.receipt = nil
  return tx
end

local function without_invoice(changes)
  local tx = purchase(changes)
  tx.invoice = nil
  return tx
end

local function without(name)
  local tx = purchase {}
  tx[name] = nil
  return tx
end

local function invalid(name, input, path)
  return { name = name, input = input, error = { code = "invalid_input", path = path } }
end

local MATCHED = { outcome = "approve", reasons = { "matched" } }
local ARITHMETIC = { outcome = "reject", reasons = { "arithmetic" } }
local OVER_BILLED = { outcome = "reject", reasons = { "over_billed" } }
local PRICE = { outcome = "route", reasons = { "price_variance" }, route = { { role = "buyer" }, { role = "finance" } } }
local QUANTITY = { outcome = "route", reasons = { "quantity_variance" },
                   route = { { role = "warehouse_keeper" }, { role = "buyer" } } }

local cases = {
  -- The rule's own examples.
  { name = "a small difference in price",
    input = { id = "M-1", order = { quantity = 40, unit_price = 12.60 }, receipt = { quantity = 40 },
              invoice = { quantity = 40, unit_price = 12.75, amount = 510.00 }, receipt_required = true },
    expect = { outcome = "approve", reasons = { "matched" }, variance = 6.00 } },
  { name = "price and quantity are off",
    input = { id = "M-2", order = { quantity = 40, unit_price = 12.60 }, receipt = { quantity = 38 },
              invoice = { quantity = 38, unit_price = 13.40, amount = 509.20 }, receipt_required = true },
    expect = { outcome = "route", reasons = { "price_variance", "quantity_variance" }, variance = 30.40,
               route = { { role = "buyer" }, { role = "finance" }, { role = "warehouse_keeper" } } } },

  -- Holds.
  { name = "everything agrees", input = purchase {},
    expect = { outcome = "approve", reasons = { "matched" }, variance = 0 } },
  { name = "the receipt is absent", input = without_receipt {},
    expect = { outcome = "hold", reasons = { "no_receipt" } } },
  { name = "the invoice is absent", input = without_invoice {},
    expect = { outcome = "hold", reasons = { "no_invoice" } } },
  { name = "no receipt comes before no invoice",
    input = { id = "M", order = { quantity = 1, unit_price = 1 }, receipt_required = true },
    expect = { outcome = "hold", reasons = { "no_receipt" } } },
  { name = "no receipt comes before wrong arithmetic",
    input = without_receipt { invoice = { quantity = 100, unit_price = 10, amount = 1 } },
    expect = { outcome = "hold", reasons = { "no_receipt" } } },
  { name = "the receipt is absent and not required", input = without_receipt { receipt_required = false },
    expect = MATCHED },
  { name = "the invoice is absent, no receipt required",
    input = { id = "M", order = { quantity = 1, unit_price = 1 }, receipt_required = false },
    expect = { outcome = "hold", reasons = { "no_invoice" } } },

  -- Arithmetic: off by more than a cent.
  { name = "a cent above", input = purchase { invoice = { quantity = 100, unit_price = 10, amount = 1000.01 } },
    expect = MATCHED },
  { name = "a cent below", input = purchase { invoice = { quantity = 100, unit_price = 10, amount = 999.99 } },
    expect = MATCHED },
  { name = "more than a cent above",
    input = purchase { invoice = { quantity = 100, unit_price = 10, amount = 1000.011 } },
    expect = ARITHMETIC },
  { name = "more than a cent below",
    input = purchase { invoice = { quantity = 100, unit_price = 10, amount = 999.989 } },
    expect = ARITHMETIC },
  { name = "the product is exact",
    input = purchase { invoice = { quantity = 3, unit_price = 0.335, amount = 1.02 } },   -- 1.005
    expect = { outcome = "reject", reasons = { "arithmetic" }, variance = -29 } },
  { name = "wrong arithmetic comes before over-billing",
    input = purchase { invoice = { quantity = 200, unit_price = 10, amount = 1 } }, expect = ARITHMETIC },

  -- Over-billing.
  { name = "billed below what was received", input = purchase { invoice = bill(99.9, 10) }, expect = MATCHED },
  { name = "billed above what was received", input = purchase { invoice = bill(100.1, 10) }, expect = OVER_BILLED },
  { name = "over-billing tells the variance", input = purchase { invoice = bill(101, 10.5) },
    expect = { outcome = "reject", reasons = { "over_billed" }, variance = 50.5 } },
  { name = "what was received counts, not what was ordered", input = purchase { receipt = { quantity = 90 } },
    expect = OVER_BILLED },
  { name = "without a receipt the order counts: at it", input = without_receipt { receipt_required = false },
    expect = MATCHED },
  { name = "without a receipt the order counts: above it",
    input = without_receipt { receipt_required = false, invoice = bill(100.01, 10) }, expect = OVER_BILLED },
  { name = "a receipt that is not required counts all the same",
    input = purchase { receipt_required = false, receipt = { quantity = 50 } }, expect = OVER_BILLED },
  { name = "nothing received", input = purchase { receipt = { quantity = 0 } }, expect = OVER_BILLED },
  { name = "nothing billed, nothing received", input = purchase { receipt = { quantity = 0 }, invoice = bill(0, 10) },
    expect = QUANTITY },
  { name = "over-billing comes before the price", input = purchase { invoice = bill(101, 99) }, expect = OVER_BILLED },

  -- Price: off by more than 2 per cent and by more than 10.00.
  { name = "exactly 2 per cent", input = one(1020),
    expect = { outcome = "approve", reasons = { "matched" }, variance = 20 } },
  { name = "above 2 per cent", input = one(1020.01), expect = PRICE },
  { name = "exactly 2 per cent below", input = one(980),
    expect = { outcome = "approve", reasons = { "matched" }, variance = -20 } },
  { name = "more than 2 per cent below", input = one(979.99),
    expect = { outcome = "route", reasons = { "price_variance" }, variance = -20.01,
               route = { { role = "buyer" }, { role = "finance" } } } },
  { name = "above 2 per cent, but 10.00 in all", input = purchase { invoice = bill(20, 10.5) },
    expect = { outcome = "approve", reasons = { "matched" }, variance = 10 } },
  { name = "above 2 per cent, and above 10.00", input = purchase { invoice = bill(20.02, 10.5) },
    expect = { outcome = "route", reasons = { "price_variance" }, variance = 10.01 } },
  { name = "below in money, more than 10.00", input = purchase { invoice = bill(20.02, 9.5) },
    expect = { outcome = "route", reasons = { "price_variance" }, variance = -10.01 } },
  { name = "ordered for nothing, billed for little",
    input = purchase { order = { quantity = 100, unit_price = 0 }, invoice = bill(100, 0.1) },
    expect = MATCHED },
  { name = "ordered for nothing, billed for more",
    input = purchase { order = { quantity = 100, unit_price = 0 }, invoice = bill(100, 0.101) },
    expect = PRICE },

  -- Quantity.
  { name = "received less than ordered", input = received(99.99), expect = QUANTITY },
  { name = "received more than ordered", input = received(100.01), expect = QUANTITY },
  { name = "received as ordered", input = received(100), expect = MATCHED },
  { name = "received though nothing was ordered", input = received(100, { order = { quantity = 0, unit_price = 10 } }),
    expect = QUANTITY },

  -- The variance is rounded, ties away from zero.
  { name = "a tie above zero", input = purchase { invoice = { quantity = 1, unit_price = 10.005, amount = 10.01 } },
    expect = { outcome = "approve", variance = 0.01 } },
  { name = "a tie below zero", input = purchase { invoice = { quantity = 1, unit_price = 9.995, amount = 10 } },
    expect = { outcome = "approve", variance = -0.01 } },
  { name = "less than half a cent", input = purchase { invoice = { quantity = 1, unit_price = 10.0049, amount = 10 } },
    expect = { outcome = "approve", variance = 0 } },

  -- Params.
  { name = "over-billed within a tolerance", input = purchase { invoice = bill(102, 10) },
    params = { qty_tolerance_pct = 2 },
    expect = MATCHED },
  { name = "over-billed beyond a tolerance", input = purchase { invoice = bill(102.01, 10) },
    params = { qty_tolerance_pct = 2 },
    expect = OVER_BILLED },
  { name = "received less within a tolerance", input = received(97.5), params = { qty_tolerance_pct = "2.5" },
    expect = MATCHED },
  { name = "received less beyond a tolerance", input = received(97.49), params = { qty_tolerance_pct = "2.5" },
    expect = QUANTITY },
  { name = "received more within a tolerance", input = received(102.5), params = { qty_tolerance_pct = "2.5" },
    expect = MATCHED },
  { name = "received more beyond a tolerance", input = received(102.51), params = { qty_tolerance_pct = "2.5" },
    expect = QUANTITY },
  { name = "a wider price in per cent", input = one(1050), params = { price_tolerance_pct = 5 }, expect = MATCHED },
  { name = "beyond a wider price in per cent", input = one(1050.01), params = { price_tolerance_pct = 5 },
    expect = PRICE },
  { name = "a wider price in money", input = one(1100), params = { price_tolerance_abs = "100" }, expect = MATCHED },
  { name = "beyond a wider price in money", input = one(1100.01), params = { price_tolerance_abs = "100" },
    expect = PRICE },
  { name = "no tolerance at all", input = one(1000.01), params = { price_tolerance_pct = 0, price_tolerance_abs = 0 },
    expect = PRICE },

  -- Inputs that are none.
  { name = "any currency", input = purchase { currency = "" }, expect = MATCHED },
  invalid("no id", without "id", "/id"),
  invalid("no order", without "order", "/order"),
  invalid("an order without a price", purchase { order = { quantity = 1 } }, "/order/unit_price"),
  invalid("a negative quantity", purchase { order = { quantity = -1, unit_price = 1 } }, "/order/quantity"),
  invalid("a receipt without a quantity", purchase { receipt = object {} }, "/receipt/quantity"),
  invalid("an invoice without an amount", purchase { invoice = { quantity = 1, unit_price = 1 } }, "/invoice/amount"),
  invalid("a negative price", purchase { invoice = { quantity = 1, unit_price = -1, amount = 0 } }, "/invoice/unit_price"),
  invalid("nobody says whether a receipt is required", without "receipt_required", "/receipt_required"),
  invalid("a currency is a text", purchase { currency = 156 }, "/currency"),
}

-- The edges of the declaration.
local good = { input = purchase {}, expect = MATCHED }
edges.text(cases, good, "id", 1, 64)
edges.refuses(cases, good, "order.unit_price", -0.01)
edges.refuses(cases, good, "receipt.quantity", -0.01)
edges.refuses(cases, good, "invoice.quantity", -0.01)
edges.takes(cases, good, "invoice.unit_price", 0, ARITHMETIC)
edges.refuses(cases, good, "invoice.unit_price", -0.01)
edges.refuses(cases, good, "invoice.amount", -0.01)
edges.param(cases, good, "qty_tolerance_pct", 0, -0.01)
edges.param(cases, good, "price_tolerance_pct", 0, -0.01)
edges.param(cases, good, "price_tolerance_abs", 0, -0.01)

-- A price that is off by exactly one, and the money that a quantity is off by.
cases[#cases + 1] = { name = "a price that is one higher", input = purchase { invoice = bill(100, 11) }, expect = PRICE }
cases[#cases + 1] = { name = "a price that is one lower", input = purchase { invoice = bill(100, 9) }, expect = PRICE }
cases[#cases + 1] = { name = "a quantity that is off has a variance of its price", input = received(99, {}),
                      expect = { outcome = "route", reasons = { "quantity_variance" }, variance = 0 } }

-- What holds of all papers.
cases[#cases + 1] = {
  name = "what is approved is billed as it was received, and adds up",
  runs = 500, given = { receipt = {}, invoice = {} },
  property = function(tx, decide)
    -- Most papers nearly agree.
    local invoice = tx.invoice
    invoice.amount = decimal.round(invoice.quantity * invoice.unit_price, 2, "half_up")
    local decision = decide(tx)
    if decision.outcome ~= "approve" then
      return true
    end
    return invoice.quantity <= tx.receipt.quantity
      and decimal.abs(invoice.amount - invoice.quantity * invoice.unit_price) <= 0.01
      and tx.receipt.quantity == tx.order.quantity
  end,
}
cases[#cases + 1] = {
  name = "papers that agree are approved",
  given = { receipt = {}, invoice = {} },
  property = function(tx, decide)
    local order = tx.order
    tx.receipt.quantity = order.quantity
    tx.invoice.quantity, tx.invoice.unit_price = order.quantity, order.unit_price
    tx.invoice.amount = order.quantity * order.unit_price
    return decide(tx).outcome == "approve"
  end,
}

return test "procurement.three_way_match" (cases)
