import Foundation

/// Runs Lua text under the stock `lua5.4`, many programs in one process.
struct Stock {
  /// One program for the driver below.
  struct Job {
    var kind: String
    var texts: [[UInt8]]
  }

  /// Answers one line a job, in order.
  static func run(_ jobs: [Job]) throws -> [String] {
    let folder = FileManager.default.temporaryDirectory.appending(path: "remit-syntax-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var data = Data()
    for job in jobs {
      data.append(contentsOf: "\(job.kind) \(job.texts.count)\n".utf8)
      for text in job.texts {
        data.append(contentsOf: "\(text.count)\n".utf8)
        data.append(contentsOf: text)
      }
    }
    let input = folder.appending(path: "jobs")
    let script = folder.appending(path: "driver.lua")
    let output = folder.appending(path: "answers")
    try data.write(to: input)
    try Data(driver.utf8).write(to: script)
    try Data().write(to: output)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["lua5.4", script.path, input.path]
    process.standardOutput = try FileHandle(forWritingTo: output)
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(status: process.terminationStatus) }
    let answers = String(decoding: try Data(contentsOf: output), as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false
    ).map(String.init).dropLast()
    return Array(answers)
  }

  struct Failure: Error { var status: Int32 }

  /// The helpers of translated text in plain Lua, for whole numbers, and four kinds of job: `compile` (does each text
  /// compile: a 0 or 1 each), `same` and `same-lines` (original and translation print the same and fail alike, and on
  /// the same line), `budget` (the translation spends its budget).
  static let driver = #"""
    local function lift(operation)
      return function(a, b, c)
        local ok, result = pcall(operation, a, b, c)
        if ok then return result end
        error((result:gsub("^[^:]*:%d+: ", "")), 2)
      end
    end
    local function set(t, k, v) t[k] = v end
    local function helpers(budget)
      local prepaid = 0
      return budget,
        function() error("budget spent", 0) end,
        lift(function(a, b) return a + b end), lift(function(a, b) return a - b end),
        lift(function(a, b) return a * b end), lift(function(a, b) return a / b end),
        lift(function(a, b) return a // b end), lift(function(a, b) return a % b end),
        lift(function(a, b) return a ^ b end), lift(function(a, b) return a & b end),
        lift(function(a, b) return a | b end), lift(function(a, b) return a ~ b end),
        lift(function(a, b) return a << b end), lift(function(a, b) return a >> b end),
        lift(function(a) return ~a end),
        function(...)
          local list = table.pack(...)
          local result = list[list.n]
          for i = list.n - 1, 1, -1 do
            local ok, joined = pcall(function() return list[i] .. result end)
            if not ok then error((joined:gsub("^[^:]*:%d+: ", "")), 2) end
            result = joined
          end
          return result
        end,
        function(t, k, v)
          local ok, message = pcall(set, t, k, v)
          if not ok then error((message:gsub("^[^:]*:%d+: ", "")), 2) end
        end,
        function(cost, start, limit, step)
          for name, value in pairs { initial = start or false, limit = limit or false, step = step or false } do
            if type(value) ~= "number" then error("'for' " .. name .. " value must be a number", 2) end
          end
          if step == 0 then error("'for' step is zero", 2) end
          prepaid = prepaid + math.max(0, (limit - start) // step + 1) * cost
          if prepaid > budget then error("budget spent", 0) end
          if start % 1 ~= 0 or step % 1 ~= 0 then return 0, (limit - start) // step, 1, true end
          return start, limit, step
        end,
        function(text) return "big " .. text end,
        function(...) return ... end,
        -- Of traced texts.
        function(site) assert(math.type(site) == "integer") end,
        function(site, value)
          assert(math.type(site) == "integer")
          return value
        end,
        lift(function(site, t, k) return t[k] end)
    end

    local function capture(run, lines)
      local out = {}
      local env = setmetatable({}, { __index = _G })
      function env.print(...)
        local list = table.pack(...)
        for i = 1, list.n do
          local item = list[i]
          list[i] = type(item) == "table" and "table" or type(item) == "function" and "function" or tostring(item)
        end
        out[#out + 1] = table.concat(list, "\t")
      end
      -- Like pcall, with the line of an error in place of its words; `?` where lines don't count.
      function env.try(f)
        local results = table.pack(pcall(f))
        if results[1] then return table.unpack(results, 1, results.n) end
        return false, lines and tostring(results[2]):match("^p:(%d+):") or "?"
      end
      function env.line() return debug.getinfo(2, "l").currentline end
      local count = 0
      debug.sethook(function()
        count = count + 1
        if count > 200 then error("ENDLESS", 0) end
      end, "", 100000)
      local ok, message = pcall(run, env)
      debug.sethook()
      message = not ok and tostring(message) or nil
      return table.concat(out, "\n"), ok, message and message:match("^p:(%d+):") or "none", message or ""
    end
    local function flat(text) return (text:gsub("\n", "\\n")) end

    local kinds = {}
    function kinds.compile(...)
      local answers = {}
      for i, text in ipairs { ... } do answers[i] = load(text, "=p", "t") and "1" or "0" end
      return table.concat(answers)
    end
    local function same(original, translated, lines)
      local a, aOK, aLine, aMessage = capture(function(env) return assert(load(original, "=p", "t", env))("x", "y") end, lines)
      local b, bOK, bLine, bMessage = capture(function(env)
        return assert(load(translated, "=p", "t", env))(helpers(1 << 53))("x", "y")
      end, lines)
      if a == b and aOK == bOK and (not lines or aLine == bLine) then
        return "same " .. (aOK and "fine" or "failing") .. " " .. #a
      end
      return flat("DIFFERENT\n" .. a .. "\n" .. aMessage .. "\n---\n" .. b .. "\n" .. bMessage)
    end
    kinds["same"] = function(a, b) return same(a, b, false) end
    kinds["same-lines"] = function(a, b) return same(a, b, true) end
    function kinds.budget(text)
      local _, ok, _, message = capture(function(env)
        return assert(load(text, "=p", "t", env))(helpers(100000))("x", "y")
      end)
      return ok and "finished" or flat(message)
    end
    function kinds.print(text)
      local out, _, _, message = capture(function(env)
        return assert(load(text, "=p", "t", env))(helpers(1 << 53))("x", "y")
      end)
      return flat(out .. message)
    end

    function kinds.plain(text)
      return flat((capture(function(env) return assert(load(text, "=p", "t", env))() end)))
    end
    function kinds.message(text)
      local _, message = load(text, "=p", "t")
      return flat(message or "compiles")
    end

    local file = assert(io.open(arg[1], "rb"))
    while true do
      local head = file:read("l")
      if not head then break end
      local kind, count = head:match("^(%S+) (%d+)$")
      local texts = {}
      for i = 1, tonumber(count) do
        local length = tonumber(file:read("l"))
        texts[i] = length > 0 and file:read(length) or ""
      end
      print((kinds[kind](table.unpack(texts))))
    end
    """#
}
