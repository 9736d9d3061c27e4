// swift-tools-version:6.2
import PackageDescription

let package = Package(
    name: "execnet-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "execnet", path: "../")],
    targets: [
        .executableTarget(
            name: "execnet-bench",
            dependencies: [.product(name: "Execnet", package: "execnet")],
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]
        )
    ],
    swiftLanguageModes: [.v6]
)
