private import RemitModel
internal import RemitPolicy

/// Where a path of the command line lies in the folders of policies and plugins.
struct PathInFolders {
  let loader: PolicyLoader
  /// Below the folder of the policies, or of the plugins; "" is all of it.
  let below: String
  var isPlugins = false
}

extension FolderOptions {
  /// The folder that a file or folder belongs to, and where in it that is. A path elsewhere is another folder of policies,
  /// or a file in a family of one.
  func place(of path: String) throws -> PathInFolders {
    guard let real = Folder.resolve(path) else {
      throw CommandFailure(.usage, "cannot read \(path): no such file or folder")
    }
    if let below = Self.path(real, below: policies) { return PathInFolders(loader: try loader(), below: below) }
    if let below = Self.path(real, below: plugins) {
      return PathInFolders(loader: try loader(), below: below, isPlugins: true)
    }
    if real.hasSuffix(".lua") {
      // The folder of policies is the one above the family's.
      let parts = real.split(separator: "/")
      let folder = "/" + parts.dropLast(2).joined(separator: "/")
      return PathInFolders(loader: try loader(policies: folder), below: parts.suffix(2).joined(separator: "/"))
    }
    return PathInFolders(loader: try loader(policies: path), below: "")
  }

  private static func path(_ real: String, below folder: String) -> String? {
    guard let root = Folder.resolve(folder), real == root || real.hasPrefix(root + "/") else { return nil }
    return String(real.dropFirst(root.count + 1))
  }
}
