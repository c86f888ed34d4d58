extension PolicyFolder {
  /// A Lua file of the folders.
  package struct ModuleFile: Hashable, Sendable {
    /// As messages name it.
    package let file: String
    /// As `require` names it; nil where its name, or its folder's, keeps it from being required.
    package let module: String?
    let place: Place
  }

  /// How many folders below a root are looked into: a module's name is not longer.
  private static let levelsMax = 8

  /// Every Lua file of both folders but those of `meta`, sorted.
  package func moduleFiles() -> [ModuleFile] {
    let policyFiles = Self.luaFiles(of: policies).map { path in
      let name = path.dropLast(4).split(separator: "/", omittingEmptySubsequences: false).joined(separator: ".")
      return Self.moduleFile(Place(root: .policies, path: path), named: name)
    }
    let pluginFiles = Self.luaFiles(of: plugins).map { path in
      let parts = path.dropLast(4).split(separator: "/", omittingEmptySubsequences: false)
      let isWhole = parts.count == 2 && parts.last == "plugin"
      let name = "plugin." + (isWhole ? parts.dropLast() : parts[...]).joined(separator: ".")
      return Self.moduleFile(Place(root: .plugins, path: path), named: name)
    }
    return (policyFiles + pluginFiles).sorted { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }
  }

  private static func moduleFile(_ place: Place, named name: String) -> ModuleFile {
    ModuleFile(file: place.shown, module: Self.place(ofModule: name) == place ? name : nil, place: place)
  }

  static func luaFiles(of root: Folder) -> [String] {
    var found: [String] = []
    // A link may lead to a folder that was seen already, or back up.
    var seen: Set<String> = []
    var waiting = [(path: "", level: 0)]
    while let (path, level) = waiting.popLast() {
      guard let real = Folder.resolve(path.isEmpty ? root.path : root.path + "/" + path), seen.insert(real).inserted
      else { continue }
      for entry in root.entries(of: path) where !(path.isEmpty && entry == "meta") {
        let inner = path.isEmpty ? entry : path + "/" + entry
        if entry.hasSuffix(".lua") {
          found.append(inner)
        } else if level < levelsMax {
          waiting.append((inner, level + 1))
        }
      }
    }
    return found
  }
}
