// swift-tools-version: 6.2
import PackageDescription

/// Settings of every Swift target: language mode 6, nothing leaks from an import, unsafe code is marked, no warning stays.
let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
]

/// C is compiled as C17 with GNU extensions.
let plainC: [CSetting] = [
  .define("NDEBUG", .when(configuration: .release))
]

let package = Package(
  name: "remit",
  products: [
    .executable(name: "remit", targets: ["remit"]),
    .library(name: "remit-similarity", type: .dynamic, targets: ["SimilarityPlugin"]),
    .library(name: "remit-names", type: .dynamic, targets: ["NamesPlugin"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .systemLibrary(name: "CLua54", providers: [.apt(["liblua5.4-dev"])]),
    .target(name: "CRemitDecimal", cSettings: plainC),
    .target(name: "CRemitJSON", cSettings: plainC),
    .target(name: "CRemitLog", cSettings: plainC),
    .target(name: "CRemitPlugin", cSettings: plainC),
    // The static library: its interpreter loop addresses everything directly, which makes short loops a fifth faster.
    .target(
      name: "CRemitLua", dependencies: ["CLua54", "CRemitJSON", "CRemitDecimal", "CRemitPlugin"],
      cSettings: plainC + [.headerSearchPath("../CLua54")],
      linkerSettings: [
        .linkedLibrary(":liblua5.4.a"), .linkedLibrary("m"),
        .unsafeFlags(["-Xlinker", "--wrap=luaS_hash"]),  // see CRemitLua/seed.c
      ]),
    .target(name: "RemitModel", dependencies: ["CRemitDecimal"], swiftSettings: strict),
    .target(name: "RemitWire", dependencies: ["CRemitJSON", "RemitModel"], swiftSettings: strict),
    .target(name: "RemitSyntax", dependencies: ["RemitModel"], swiftSettings: strict),
    .target(name: "RemitLua", dependencies: ["CRemitLua", "CRemitJSON", "RemitModel"], swiftSettings: strict),
    .target(
      name: "RemitPolicy",
      dependencies: [
        "RemitLua", "RemitSyntax", "RemitWire", "RemitModel", .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "RemitCheck",
      dependencies: ["RemitPolicy", "RemitLua", "RemitSyntax", "RemitWire", "RemitModel"], swiftSettings: strict),
    .target(
      name: "RemitEngine", dependencies: ["RemitPolicy", "RemitLua", "RemitSyntax", "RemitWire", "RemitModel"],
      swiftSettings: strict),
    .target(
      name: "RemitLog",
      dependencies: [
        "RemitEngine", "RemitPolicy", "RemitLua", "RemitWire", "RemitModel", "CRemitLog",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "RemitAnalysis",
      dependencies: ["RemitLog", "RemitEngine", "RemitPolicy", "RemitSyntax", "RemitLua", "RemitWire", "RemitModel"],
      swiftSettings: strict
    ),
    .target(
      name: "RemitService",
      dependencies: [
        "RemitAnalysis", "RemitLog", "RemitEngine", "RemitPolicy", "RemitLua", "RemitWire", "RemitModel", "CRemitJSON",
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict
    ),
    .target(
      name: "RemitCommands",
      dependencies: [
        "RemitService", "RemitAnalysis", "RemitLog", "RemitEngine", "RemitCheck", "RemitPolicy", "RemitWire",
        "RemitModel",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Configuration", package: "swift-configuration"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ],
      swiftSettings: strict
    ),
    .executableTarget(name: "remit", dependencies: ["RemitCommands"], swiftSettings: strict),
    .executableTarget(
      name: "RemitBench",
      dependencies: [
        "RemitEngine", "RemitPolicy", "RemitLua", "RemitWire", "RemitModel", "CRemitJSON", "CRemitDecimal",
      ],
      path: "benchmarks/RemitBench",
      swiftSettings: strict
    ),

    .target(name: "RemitTestKit", swiftSettings: strict),

    // Examples of native plugins.
    .target(
      name: "SimilarityPlugin", dependencies: ["CRemitPlugin"], path: "examples/plugins-native/similarity",
      publicHeadersPath: ".", cSettings: plainC),
    .target(
      name: "NamesPlugin", dependencies: ["CRemitPlugin"], path: "examples/plugins-native/names", swiftSettings: strict
    ),

    .testTarget(
      name: "CRemitDecimalTests", dependencies: ["CRemitDecimal", "RemitTestKit"], exclude: ["reference.py"],
      swiftSettings: strict),
    .testTarget(name: "CRemitJSONTests", dependencies: ["CRemitJSON"], swiftSettings: strict),
    .testTarget(name: "RemitModelTests", dependencies: ["RemitModel"], swiftSettings: strict),
    .testTarget(
      name: "RemitWireTests", dependencies: ["RemitWire", "CRemitJSON", "RemitTestKit"], swiftSettings: strict),
    .testTarget(name: "RemitSyntaxTests", dependencies: ["RemitSyntax", "RemitTestKit"], swiftSettings: strict),
    .testTarget(
      name: "RemitPolicyTests",
      dependencies: ["RemitPolicy", "RemitEngine", "RemitLua", "RemitWire", "RemitModel", "RemitTestKit"],
      swiftSettings: strict),
    .testTarget(
      name: "RemitCheckTests", dependencies: ["RemitCheck", "RemitPolicy", "RemitTestKit"], swiftSettings: strict),
    .testTarget(
      name: "RemitEngineTests",
      dependencies: [
        "RemitEngine", "RemitPolicy", "RemitLua", "RemitSyntax", "RemitWire", "RemitModel", "RemitTestKit",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RemitAnalysisTests",
      dependencies: [
        "RemitAnalysis", "RemitLog", "RemitEngine", "RemitPolicy", "RemitLua", "RemitWire", "RemitModel",
        "RemitTestKit",
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RemitLogTests",
      dependencies: [
        "RemitLog", "RemitEngine", "RemitPolicy", "RemitWire", "RemitModel", "RemitTestKit",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RemitServiceTests",
      dependencies: [
        "RemitService", "RemitEngine", "RemitPolicy", "RemitWire", "RemitModel", "RemitTestKit",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOEmbedded", package: "swift-nio"),
        .product(name: "Metrics", package: "swift-metrics"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "RemitCommandsTests",
      dependencies: ["RemitCommands", "RemitWire", .product(name: "Logging", package: "swift-log")],
      swiftSettings: strict),
  ],
  cLanguageStandard: .gnu17
)
