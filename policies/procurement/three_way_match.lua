local CENT = 0.01

local BUYER            = { role = "buyer" }
local FINANCE          = { role = "finance" }
local WAREHOUSE_KEEPER = { role = "warehouse_keeper" }

local PRICE_ROUTE    = { BUYER, FINANCE }
local QUANTITY_ROUTE = { WAREHOUSE_KEEPER, BUYER }
local BOTH_ROUTE     = { BUYER, FINANCE, WAREHOUSE_KEEPER }

-- First that applies, then both variances. Percentages are compared as products, so that nothing is divided.
---@param tx table
---@param params table
local function decide(tx, params)
  local receipt = tx.receipt
  if tx.receipt_required and not receipt then
    return { outcome = "hold", reasons = { "no_receipt" } }
  end

  local invoice = tx.invoice
  if not invoice then
    return { outcome = "hold", reasons = { "no_invoice" } }
  end

  local order = tx.order
  local billed, price = invoice.quantity, invoice.unit_price
  local price_change = price - order.unit_price
  local variance = price_change * billed
  local rounded = decimal.round(variance, 2, "half_up")

  if decimal.abs(invoice.amount - billed * price) > CENT then
    return { outcome = "reject", reasons = { "arithmetic" }, variance = rounded }
  end

  local quantity_tolerance = params.qty_tolerance_pct
  local supplied = receipt and receipt.quantity or order.quantity
  if billed > supplied and billed * 100 > supplied * (100 + quantity_tolerance) then
    return { outcome = "reject", reasons = { "over_billed" }, variance = rounded }
  end

  -- A price is off only where it is off both in per cent and in money.
  local off_price = price_change ~= 0
    and decimal.abs(price_change) * 100 > order.unit_price * params.price_tolerance_pct
    and decimal.abs(variance) > params.price_tolerance_abs
  local off_quantity = receipt and receipt.quantity ~= order.quantity
    and decimal.abs(receipt.quantity - order.quantity) * 100 > order.quantity * quantity_tolerance

  if off_price and off_quantity then
    return { outcome = "route", reasons = { "price_variance", "quantity_variance" }, route = BOTH_ROUTE,
             variance = rounded }
  elseif off_price then
    return { outcome = "route", reasons = { "price_variance" }, route = PRICE_ROUTE, variance = rounded }
  elseif off_quantity then
    return { outcome = "route", reasons = { "quantity_variance" }, route = QUANTITY_ROUTE, variance = rounded }
  end
  return { outcome = "approve", reasons = { "matched" }, variance = rounded }
end

return policy {
  summary  = "Do order, goods receipt and invoice agree, so that the invoice may be paid?",
  source   = "仓管员清点物品后开出入库单 (the warehouse keeper counts the goods, then writes the goods receipt); "
          .. "财务部以仓管员开据的实际收货凭据(入库单)依据处理电脑收货业务 (finance books by that proof of what was really received); "
          .. "MM发票校验 (invoice verification).",
  outcomes = { "approve", "route", "hold", "reject" },

  input = record {
    id               = text { min = 1, max = 64 },
    order            = record {
      quantity   = number { min = 0 },
      unit_price = money { min = "0.00" },
    },
    receipt          = optional(record { quantity = number { min = 0 } }),
    invoice          = optional(record {
      quantity   = number { min = 0 },
      unit_price = money { min = "0.00" },
      amount     = money { min = "0.00" },
    }),
    receipt_required = boolean {},                          -- false: invoice before goods receipt, or consignment
    currency         = optional(text {}),                   -- of all three papers; no rule reads it
  },

  params = {
    qty_tolerance_pct   = number { default = 0, min = 0,
      summary = "How far, in per cent, quantities may differ." },
    price_tolerance_pct = number { default = 2, min = 0,
      summary = "Up to here, in per cent of the order's price, a price difference is accepted." },
    price_tolerance_abs = money { default = "10.00", min = "0.00",
      summary = "Up to here, over the whole invoice, a price difference is accepted." },
  },

  reasons = {
    no_receipt        = { en = "The goods receipt is required and absent.",
                          zh = "缺少入库单。" },
    no_invoice        = { en = "The invoice is absent.",
                          zh = "缺少发票。" },
    arithmetic        = { en = "The invoice's amount is not its quantity times its price.",
                          zh = "发票金额与数量乘单价不符。" },
    over_billed       = { en = "More is billed than was received.",
                          zh = "开票数量超过实际收货数量。" },
    price_variance    = { en = "The invoice's price differs from the order's beyond the tolerance.",
                          zh = "发票单价与订单单价的差异超过允许范围。" },
    quantity_variance = { en = "The quantity received differs from the order's beyond the tolerance.",
                          zh = "收货数量与订单数量的差异超过允许范围。" },
    matched           = { en = "Order, goods receipt and invoice agree.",
                          zh = "订单、入库单与发票相符。" },
  },

  decide = decide,
}
