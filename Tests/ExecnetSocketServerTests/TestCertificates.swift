//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Certificates of tests, and the keys of those: worth nothing, and good for a hundred years.
enum TestCertificates {
    /// Has signed the server's and the client's.
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBijCCAS+gAwIBAgIUB5HAP1J7wq16XbSmz/DPtKIoWrQwCgYIKoZIzj0EAwIw
        GTEXMBUGA1UEAwwOdGVzdCBhdXRob3JpdHkwIBcNMjYxMTIxMTE0NDIyWhgPMjEy
        NjEwMjgxMTQ0MjJaMBkxFzAVBgNVBAMMDnRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
        zj0CAQYIKoZIzj0DAQcDQgAEDWswiZ2ohsWgYeNTf47l1TYxMuL5SWhfRYO820S6
        Jwhq/1cyeXN4rrZIFKJRBC2XT7kOsB1b/HxbBeO9jJ23VaNTMFEwHQYDVR0OBBYE
        FKzE6VaQlLx+zddQzJj/gfHivGcqMB8GA1UdIwQYMBaAFKzE6VaQlLx+zddQzJj/
        gfHivGcqMA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAP7weGqT
        Eh3AxeV9t56hN3hIQh2FBxkgn6OY78N77+uSAiEA9Qq+ze7GjStswYh+u+UsTcwa
        VQpNL4iZtkR3N2wY8Sc=
        -----END CERTIFICATE-----
        """
    static let server = """
        -----BEGIN CERTIFICATE-----
        MIIBJzCBzQIUUL/9Dk2JjTF0G6RF0WculNwZH9UwCgYIKoZIzj0EAwIwGTEXMBUG
        A1UEAwwOdGVzdCBhdXRob3JpdHkwIBcNMjYxMTIxMTE0NDIyWhgPMjEyNjEwMjgx
        MTQ0MjJaMBExDzANBgNVBAMMBnNlcnZlcjBZMBMGByqGSM49AgEGCCqGSM49AwEH
        A0IABAU/YpI2wg44z5xLX1WFZuOKOS6ivPLv42rrQ8zK5BxSeO3CRNO8yJWWzlcE
        sA2adM0EZYBSOitOg7JZ0uZiTc4wCgYIKoZIzj0EAwIDSQAwRgIhALZ/jP2iDlzq
        hd0THCrpROPF1zfQSHp2dcfAcBTGcXkyAiEAq8VqiH6mDc/AzTZwycgYXQpYIpT2
        GcVY1VpOqeoGp28=
        -----END CERTIFICATE-----
        """
    static let serverKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgesHIvPisea/p1E+s
        d8/ftVXOPUn+ihAyBCxB6WFamDChRANCAAQFP2KSNsIOOM+cS19VhWbjijkuorzy
        7+Nq60PMyuQcUnjtwkTTvMiVls5XBLANmnTNBGWAUjorToOyWdLmYk3O
        -----END PRIVATE KEY-----
        """
    static let client = """
        -----BEGIN CERTIFICATE-----
        MIIBJTCBzQIUUL/9Dk2JjTF0G6RF0WculNwZH9YwCgYIKoZIzj0EAwIwGTEXMBUG
        A1UEAwwOdGVzdCBhdXRob3JpdHkwIBcNMjYxMTIxMTE0NDIyWhgPMjEyNjEwMjgx
        MTQ0MjJaMBExDzANBgNVBAMMBmNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEH
        A0IABDZjG6w9Fatu2pvObHrwkgtddPZ1DMfuqnoG3kZyJsRvkKuL+7o9v/UdDczd
        cHkyPA59WPwqLTViRcPGTXmA2YMwCgYIKoZIzj0EAwIDRwAwRAIgbpLo+ScQ/dQl
        JHpiDa1z/WEemRiRWINK+iPSwEiFMt0CICCyDlejmmHsmkg+3EK3aooYJIxznb+q
        j5uMwOED2z3k
        -----END CERTIFICATE-----
        """
    static let clientKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgBuHrszZxNJvNPsU7
        7J7/ko3Q5fqCSPDwJ6DU3JnGjSyhRANCAAQ2YxusPRWrbtqbzmx68JILXXT2dQzH
        7qp6Bt5GcibEb5Cri/u6Pb/1HQ3M3XB5MjwOfVj8Ki01YkXDxk15gNmD
        -----END PRIVATE KEY-----
        """
    /// Signed by itself.
    static let stranger = """
        -----BEGIN CERTIFICATE-----
        MIIBfjCCASOgAwIBAgIUA3rHb0zGxaX/eEUH5lpxWo6NOvowCgYIKoZIzj0EAwIw
        EzERMA8GA1UEAwwIc3RyYW5nZXIwIBcNMjYxMTIxMTE0NDIyWhgPMjEyNjEwMjgx
        MTQ0MjJaMBMxETAPBgNVBAMMCHN0cmFuZ2VyMFkwEwYHKoZIzj0CAQYIKoZIzj0D
        AQcDQgAEjb7LtSrMFrJWLD0uYrZysQTW8W6s/yDuitiWONXQdf6ExQNqexGE1WLr
        qb04+sH9pRE4U3QpuvGusYuhBi35IKNTMFEwHQYDVR0OBBYEFK9mJXGLavjEQqSJ
        b2WYUtYuowMNMB8GA1UdIwQYMBaAFK9mJXGLavjEQqSJb2WYUtYuowMNMA8GA1Ud
        EwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDSQAwRgIhAJAiJUk4sJw9BezCUzauZbpk
        FXZXSPj7heqwQ8qiuKQIAiEA9hEqDPDWgpK0zcGCQcbzRk7Y77TQriGzkzRT+4dh
        f6k=
        -----END CERTIFICATE-----
        """
    static let strangerKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgtTRQUFDuezY5Seq5
        cVP21xDy/mIKRpHmQ2vDwdfUU8ihRANCAASNvsu1KswWslYsPS5itnKxBNbxbqz/
        IO6K2JY41dB1/oTFA2p7EYTVYuupvTj6wf2lEThTdCm68a6xi6EGLfkg
        -----END PRIVATE KEY-----
        """
}
