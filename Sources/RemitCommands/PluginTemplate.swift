/// What `remit new plugin` writes.
enum PluginTemplate {
  static func plugin(_ name: String) -> String {
    """
    -- The declaration is data and stands first: what is not named here, the plugin does not get.
    local settings = plugin {
      name    = "\(name)",
      version = "0.1.0",
      summary = "What policies can ask this plugin.",
      files   = {},  -- the data files that it reads, such as "rates.csv" in its own folder

      settings = {   -- what an administrator may set, in settings.json of the plugins' folder
        places = integer { default = 2, min = 0, max = 10, summary = "Digits behind the point of a share." },
      },

      provides = {
        share = {
          summary = "A share of an amount, in percent, rounded half up.",
          takes   = { { "amount", money {} }, { "percent", number { min = 0, max = 100 } } },
          gives   = money {},
        },
      },
    }

    ---@param amount number
    ---@param percent number
    ---@return number
    local function share(amount, percent)
      return decimal.round(amount * percent / 100, settings.places, "half_up")
    end

    return { share = share }

    """
  }

  static func tests(_ name: String) -> String {
    """
    return test "plugin.\(name)" {
      { name = "a share",              call = "share", with = { 12.50, 10 }, expect = 1.25 },
      { name = "it is rounded",        call = "share", with = { 0.45, 10 }, expect = 0.05 },
      { name = "to the places set",    call = "share", with = { 0.45, 10 }, settings = { places = 3 }, expect = 0.045 },
      { name = "no more than all",     call = "share", with = { 10, 101 }, error = "percent: must be at most 100" },
      { name = "an amount is needed",  call = "share", with = {}, error = "amount: expected money, got nil" },
    }

    """
  }

  static func readme(_ name: String) -> String {
    """
    # \(name)

    ```lua
    local \(name) = require "plugin.\(name)"

    \(name).share(12.50, 10)   -- 1.25
    ```

    | setting | default | |
    | --- | --- | --- |
    | `places` | 2 | digits behind the point of a share |

    Say here where the data come from, under which licence, and how they are brought up to date.

    """
  }
}
