// swift-tools-version:6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

let package = Package(
    name: "execnet",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Execnet", targets: ["ExecnetSystem"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    ],
    targets: [
        .target(name: "CExecnetSystem"),
        .target(
            name: "ExecnetSystem",
            dependencies: ["CExecnetSystem", .product(name: "HeapModule", package: "swift-collections")],
            swiftSettings: settings
        ),
    ],
    swiftLanguageModes: [.v6]
)
