return test "plugin.ecb" {
  { name = "a day with a rate",            call = "rate", with = { "USD", "2021-12-31" }, expect = 1.1326 },
  { name = "the first day",                call = "rate", with = { "USD", "2016-01-04" }, expect = 1.0898 },
  { name = "a Sunday has Friday's rate",   call = "rate", with = { "USD", "2016-01-10" }, expect = 1.0861 },
  { name = "a time stands for its day",    call = "rate", with = { "CNY", "2021-12-31T09:30:00Z" }, expect = 7.1947 },
  { name = "the euro itself",              call = "rate", with = { "EUR", "2021-12-31" }, expect = 1 },
  { name = "no rate before the first day", call = "rate", with = { "USD", "2016-01-03" }, expect_nil = true },
  { name = "an unknown currency",          call = "rate", with = { "XTS", "2021-12-31" }, expect_nil = true },
  { name = "the column of days is none",   call = "rate", with = { "date", "2021-12-31" }, expect_nil = true },
  { name = "the last rate holds a week",   call = "rate", with = { "USD", "2022-01-07" }, expect = 1.1326 },
  { name = "and no day longer",            call = "rate", with = { "USD", "2022-01-08" }, expect_nil = true },
  { name = "unless the setting says so",   call = "rate", with = { "USD", "2022-01-30" }, settings = { age_max = 30 }, expect = 1.1326 },
  { name = "or less",                      call = "rate", with = { "USD", "2016-01-10" }, settings = { age_max = 1 }, expect_nil = true },

  -- 1.1326 / 7.1947 = 0.157421435…
  { name = "a cross rate",                 call = "cross", with = { "CNY", "USD", "2021-12-31" }, expect = 0.157421 },
  { name = "with more places",             call = "cross", with = { "CNY", "USD", "2021-12-31" }, settings = { places = 8 }, expect = 0.15742144 },
  { name = "from the euro",                call = "cross", with = { "EUR", "USD", "2021-12-31" }, expect = 1.1326 },
  { name = "of a currency to itself",      call = "cross", with = { "USD", "USD", "2021-12-31" }, expect = 1 },
  { name = "one of them has no rate",      call = "cross", with = { "USD", "XTS", "2021-12-31" }, expect_nil = true },

  -- 1000 × 7.1947 / 1.1326 = 6352.3750…
  { name = "an amount",                    call = "convert", with = { 1000, "USD", "CNY", "2021-12-31" }, expect = 6352.38 },
  { name = "a negative amount",            call = "convert", with = { -1000, "USD", "CNY", "2021-12-31" }, expect = -6352.38 },
  { name = "an amount is a number",        call = "convert", with = { "1000", "USD", "CNY", "2021-12-31" }, error = 'ecb.convert: amount: expected money, got "1000"' },
  { name = "all arguments are needed",     call = "convert", with = { 1000, "USD", nil, "2021-12-31" }, error = "ecb.convert: to: expected text, got nil" },

  { name = "the currencies", get = "currencies", expect = {
    "AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "INR", "JPY", "KRW", "MXN", "NOK", "PLN", "SEK",
    "SGD", "TRY", "USD", "ZAR",
  } },
}
