// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
    name: "execnet",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Execnet", targets: ["Execnet"]),
        .executable(name: "execnet", targets: ["execnet-command"]),
        .executable(name: "execnet-agent", targets: ["execnet-agent"]),
        .executable(name: "execnet-socketserver", targets: ["execnet-socketserver"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(
            name: "CExecnetSystem",
            linkerSettings: [.linkedLibrary("dispatch", .when(platforms: [.linux]))]
        ),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(
            name: "ExecnetSystem",
            dependencies: ["CExecnetSystem", .product(name: "HeapModule", package: "swift-collections")],
            swiftSettings: settings
        ),
        .target(name: "ExecnetWire", swiftSettings: settings),
        .target(
            name: "ExecnetCore",
            dependencies: [
                "CExecnetSystem", "CZlib", "ExecnetSystem", "ExecnetWire",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "OrderedCollections", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ExecnetLaunchers",
            dependencies: [
                "CExecnetSystem", "CZlib", "ExecnetCore", "ExecnetSystem", "ExecnetTLS", "ExecnetWire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        // Needs the header of libssh2 (libssh2-1-dev); the library itself is looked for when a gateway over ssh is opened.
        .target(name: "CExecnetSSH"),
        .target(
            name: "ExecnetSSH",
            dependencies: [
                "CExecnetSSH", "ExecnetCore", "ExecnetLaunchers", "ExecnetSystem",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "Execnet",
            dependencies: [
                "ExecnetCore", "ExecnetLaunchers", "ExecnetSSH", "ExecnetSocketServer", "ExecnetSystem", "ExecnetWire",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "execnet-agent",
            dependencies: ["ExecnetCore", "ExecnetSocketServer"],
            swiftSettings: settings
        ),
        .target(
            name: "ExecnetTLS",
            dependencies: [
                "CExecnetSystem", "ExecnetSystem",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .target(
            name: "ExecnetSocketServer",
            dependencies: [
                "CExecnetSystem", "ExecnetCore", "ExecnetSystem", "ExecnetTLS", "ExecnetWire",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "execnet-socketserver",
            dependencies: [
                "ExecnetSocketServer", "ExecnetSystem", "ExecnetTLS", "ExecnetWire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "execnet-command",
            dependencies: [
                "Execnet", "ExecnetWire", .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: settings
        ),
        .executableTarget(
            name: "WordCount",
            dependencies: ["Execnet"],
            path: "Examples/WordCount",
            swiftSettings: settings
        ),
        .executableTarget(
            name: "ProxyServer",
            dependencies: ["Execnet"],
            path: "Examples/ProxyServer",
            swiftSettings: settings
        ),
        .target(name: "CAgentConstructor", path: "Tests/CAgentConstructor"),
        .target(
            name: "ExecnetTestSupport",
            dependencies: [
                "ExecnetCore", "ExecnetSSH", "ExecnetSystem", .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/ExecnetTestSupport",
            swiftSettings: settings
        ),
        // Without our settings, as a user's program is compiled.
        .executableTarget(
            name: "ExecnetProgramFixture",
            dependencies: ["Execnet"],
            path: "Tests/ExecnetProgramFixture"
        ),
        .testTarget(
            name: "ExecnetCoreTests",
            dependencies: ["Execnet", "ExecnetCore", "ExecnetSystem", "ExecnetTestSupport", "ExecnetWire"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ExecnetWireTests",
            dependencies: ["ExecnetTestSupport", "ExecnetWire"],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ExecnetTests",
            dependencies: [
                "CAgentConstructor", "Execnet", "ExecnetCore", "ExecnetProgramFixture", "ExecnetSystem",
                "ExecnetTestSupport", "ExecnetWire", "ProxyServer", "execnet-agent", "execnet-socketserver",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ExecnetLaunchersTests",
            dependencies: [
                "Execnet", "ExecnetCore", "ExecnetLaunchers", "ExecnetSystem", "ExecnetTestSupport",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ExecnetSSHTests",
            dependencies: [
                "CExecnetSSH", "Execnet", "ExecnetCore", "ExecnetSSH", "ExecnetSystem", "ExecnetTestSupport",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ExecnetCommandTests",
            dependencies: [
                "ExecnetCore", "ExecnetSystem", "ExecnetTestSupport", "execnet-command", "execnet-socketserver",
            ],
            swiftSettings: settings
        ),
        .testTarget(
            name: "ExecnetSocketServerTests",
            dependencies: [
                "ExecnetSocketServer", "ExecnetSystem", "ExecnetTLS", "ExecnetTestSupport", "execnet-socketserver",
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
