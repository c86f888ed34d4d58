return test "plugin.fx" {
  { name = "the day of a row",             call = "rate", with = { "USD", "2025-01-02" }, expect = 7.1879 },
  { name = "the day before a row",         call = "rate", with = { "USD", "2025-01-01" }, expect = 7.1265 },
  { name = "a day between two rows",       call = "rate", with = { "USD", "2025-03-15" }, expect = 7.1879 },
  { name = "the last row holds on",        call = "rate", with = { "USD", "2030-01-01" }, expect = 7.1534 },
  { name = "a rate of six decimals",       call = "rate", with = { "JPY", "2024-07-01" }, expect = 0.044738 },
  { name = "CNY is one on every day",      call = "rate", with = { "CNY", "1999-12-31" }, expect = 1 },
  { name = "no rate before the first row", call = "rate", with = { "USD", "2024-01-01" }, expect_nil = true },
  { name = "an unknown currency",          call = "rate", with = { "XTS", "2025-01-02" }, expect_nil = true },
  { name = "codes are upper case",         call = "rate", with = { "usd", "2025-01-02" }, expect_nil = true },
  { name = "a time stands for its day",    call = "rate", with = { "USD", "2025-01-02T23:59:59Z" }, expect = 7.1879 },
  { name = "the day is missing",           call = "rate", with = { "USD" }, error = "fx.rate: day: expected date (YYYY-MM-DD), got nil" },
  { name = "a day that is none",           call = "rate", with = { "USD", "2025-02-29" }, error = "day: expected date" },
}
