//===----------------------------------------------------------------------===//
// Execnet for Swift
// SPDX-License-Identifier: Apache-2.0
//===----------------------------------------------------------------------===//

/// Certificates of tests, and the keys of those: worth nothing, and good for a hundred years.
package enum TestCertificates {
    /// Has signed the server's and the client's.
    package static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBVTCB+6ADAgECAgEBMAoGCCqGSM49BAMCMBkxFzAVBgNVBAMMDnRlc3QgYXV0
        aG9yaXR5MCAXDTI0MDEwMTAwMDAwMFoYDzIxMjQwMTAxMDAwMDAwWjAZMRcwFQYD
        VQQDDA50ZXN0IGF1dGhvcml0eTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIyX
        A69XZcJ/76PddO8Y+J30/qiG4Gk6nDnaeM1KWZD+01yFUJm6LOZoxmVYer58ODd8
        vt/DdCmos+dkseu8g8GjMjAwMA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0OBBYEFKOa
        AE2CtxVIT76N+lqsaWBOG7dPMAoGCCqGSM49BAMCA0kAMEYCIQCpudu8/u591U0s
        1Vw451UrQ1CtKiZwsa/PJgjbzBgGtwIhAM8WZWsxLd0WlpoSxwSKRD+0s9V/gOLK
        TtmsU9h12aOq
        -----END CERTIFICATE-----
        """
    /// For localhost, 127.0.0.1 and ::1.
    package static let server = """
        -----BEGIN CERTIFICATE-----
        MIIBijCCATGgAwIBAgIBAzAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA50ZXN0IGF1
        dGhvcml0eTAgFw0yNDAxMDEwMDAwMDBaGA8yMTI0MDEwMTAwMDAwMFowETEPMA0G
        A1UEAwwGc2VydmVyMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEi/jVHgH4SblS
        qr2hrKB+2h7Yde+vj9qLN88c5WFPOlMh/rVS/ZA3RwJyJAqnLdZkUuNX1z2asA3L
        dI27Tbx0vqNwMG4wLAYDVR0RBCUwI4IJbG9jYWxob3N0hwR/AAABhxAAAAAAAAAA
        AAAAAAAAAAABMB0GA1UdDgQWBBRXh50jBeSFJWOf7DJAKvT0gBWILzAfBgNVHSME
        GDAWgBSjmgBNgrcVSE++jfparGlgThu3TzAKBggqhkjOPQQDAgNHADBEAiAeWz2B
        LmHDmWyBcRbKoBipH+UfwHal67kEfH7EIjxZNgIgYdLDKwCrA1ljuD51htTXa2rB
        gq8TAB3ewt8fwz4oULk=
        -----END CERTIFICATE-----
        """
    package static let serverKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgQwbG+KhqN5qpeSkv
        wXjiwnB/M3T/SLH5DPxhdy5iGm2hRANCAASL+NUeAfhJuVKqvaGsoH7aHth176+P
        2os3zxzlYU86UyH+tVL9kDdHAnIkCqct1mRS41fXPZqwDct0jbtNvHS+
        -----END PRIVATE KEY-----
        """
    package static let client = """
        -----BEGIN CERTIFICATE-----
        MIIBaTCCAQ6gAwIBAgIBBDAKBggqhkjOPQQDAjAZMRcwFQYDVQQDDA50ZXN0IGF1
        dGhvcml0eTAgFw0yNDAxMDEwMDAwMDBaGA8yMTI0MDEwMTAwMDAwMFowETEPMA0G
        A1UEAwwGY2xpZW50MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEybDgeoLEO7Ym
        5p2jtB5y1D4RMAOTC4RG2/39rvEtXjwG8REV/LDtYfFXVgrE4uqLezjZzRTpoP2I
        eL7NMSn2naNNMEswCQYDVR0TBAIwADAdBgNVHQ4EFgQUJWL8Ig4ofPEEMOxAmF5z
        d4/HxBMwHwYDVR0jBBgwFoAUo5oATYK3FUhPvo36WqxpYE4bt08wCgYIKoZIzj0E
        AwIDSQAwRgIhAJghZJjsMCzQuGy9FZm/DlipUbJtLcjeIjoQJe6vooBIAiEAnXEr
        /NQ0fotbscYqIPgOPKEMgyX0rOTJFgXIdW6oitE=
        -----END CERTIFICATE-----
        """
    package static let clientKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg8uwq31xdlQnTp4rG
        SA6qbwlcKEl8o4c5+laQfOWtAI+hRANCAATJsOB6gsQ7tibmnaO0HnLUPhEwA5ML
        hEbb/f2u8S1ePAbxERX8sO1h8VdWCsTi6ot7ONnNFOmg/Yh4vs0xKfad
        -----END PRIVATE KEY-----
        """
    /// Signed by itself.
    package static let stranger = """
        -----BEGIN CERTIFICATE-----
        MIIBSDCB76ADAgECAgECMAoGCCqGSM49BAMCMBMxETAPBgNVBAMMCHN0cmFuZ2Vy
        MCAXDTI0MDEwMTAwMDAwMFoYDzIxMjQwMTAxMDAwMDAwWjATMREwDwYDVQQDDAhz
        dHJhbmdlcjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABPZ/4EtjVEvoQ3MiOqCa
        IhT0HQnQHzbIuPyfQYYWOwjEsu8w3h1xWD9vbgC4VwH/OAjA6H/mulNtSzoC++wa
        TYmjMjAwMA8GA1UdEwEB/wQFMAMBAf8wHQYDVR0OBBYEFAwkkPMvleZEl/oxXCC5
        Zt9Nuo6vMAoGCCqGSM49BAMCA0gAMEUCIBbZVAGlri5lgZWUMyjSVhIIKBEDGicC
        aJckSz7A9L/GAiEA0YQM7pdFzG7fi0dBOjMwImayPmm8I+e5BW7f9ewsgJc=
        -----END CERTIFICATE-----
        """
    package static let strangerKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg6BM3/dhWkFiVM6TV
        n2N5XiWJ5Echb9AH0H59wuXnx3yhRANCAAT2f+BLY1RL6ENzIjqgmiIU9B0J0B82
        yLj8n0GGFjsIxLLvMN4dcVg/b24AuFcB/zgIwOh/5rpTbUs6AvvsGk2J
        -----END PRIVATE KEY-----
        """
}
