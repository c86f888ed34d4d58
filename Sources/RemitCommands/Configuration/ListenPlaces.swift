private import RemitService

/// Where a service is to listen, as far as the settings alone tell.
struct ListenPlaces {
  private let settings: Settings

  init(_ settings: Settings) {
    self.settings = settings
  }

  private var addresses: [(setting: String, address: ServiceConfiguration.TCPAddress)] {
    ["listen", "http"].flatMap { name in
      settings.texts(name).compactMap { ServiceConfiguration.TCPAddress($0) }.map { (name, $0) }
    }
  }

  /// Places that are asked for twice, which the system gives only once.
  var problems: [String] {
    var places: [(setting: String, shown: String, identity: String)] = []
    // Of port 0 each gets another one.
    for (setting, address) in addresses where address.port != 0 {
      places.append((setting, address.text, address.identity))
    }
    for setting in ["unix", "admin_unix"] {
      for path in settings.texts(setting) {
        places.append((setting, path, "unix " + ServiceConfiguration.UnixAddress.identity(of: path)))
      }
    }
    var first: [String: String] = [:]
    return places.compactMap { place in
      guard let other = first.updateValue(place.setting, forKey: place.identity) else { return nil }
      let words = other == place.setting ? "twice" : "to \(SettingTable[other].flag) already"
      return "\(settings.mention(place.setting)): \(place.shown) is given \(words)"
    }
  }

  /// What a start would warn of. What a host's name means is not known before it is looked up.
  var warnings: [String] {
    addresses.filter { $0.address.isLoopback == false }.map {
      ServiceConfiguration.TCPAddress.exposure(of: $0.address.text)
    }
  }
}
