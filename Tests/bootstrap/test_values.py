# ===----------------------------------------------------------------------===
# Execnet for Swift
# SPDX-License-Identifier: Apache-2.0
# ===----------------------------------------------------------------------===
"""The codec: RFC 8949 and 8746 vectors, round trips, and what must be refused."""

import array
import collections
import enum
import math
import random
import struct
import unittest
import warnings

from support import Reference, agent, decode, encode

Tagged = agent.Tagged

# RFC 8949, appendix A: (hexadecimal, value), those that we encode in the same way.
PREFERRED = [
    ("00", 0), ("01", 1), ("0a", 10), ("17", 23), ("1818", 24), ("1819", 25), ("1864", 100), ("1903e8", 1000),
    ("1a000f4240", 1000000), ("1b000000e8d4a51000", 1000000000000), ("1bffffffffffffffff", 18446744073709551615),
    ("c249010000000000000000", 18446744073709551616), ("3bffffffffffffffff", -18446744073709551616),
    ("c349010000000000000000", -18446744073709551617), ("20", -1), ("29", -10), ("3863", -100), ("3903e7", -1000),
    ("fb3ff199999999999a", 1.1), ("fb7e37e43c8800759c", 1.0e300), ("fbc010666666666666", -4.1), ("f4", False),
    ("f5", True), ("f6", None), ("f0", Tagged(None, 16)), ("f8ff", Tagged(None, 255)),
    ("c074323031332d30332d32315432303a30343a30305a", Tagged(0, "2013-03-21T20:04:00Z")),
    ("c11a514b67b0", Tagged(1, 1363896240)), ("d74401020304", Tagged(23, b"\1\2\3\4")),
    ("d818456449455446", Tagged(24, b"dIETF")), ("40", b""), ("4401020304", b"\1\2\3\4"), ("60", ""), ("6161", "a"),
    ("6449455446", "IETF"), ("62225c", '"\\'), ("62c3bc", "\u00fc"), ("63e6b0b4", "\u6c34"), ("64f0908591",
    "\U00010151"),
    ("80", []), ("83010203", [1, 2, 3]), ("8301820203820405", [1, [2, 3], [4, 5]]),
    ("98190102030405060708090a0b0c0d0e0f101112131415161718181819", list(range(1, 26))), ("a0", {}),
    ("a201020304", {1: 2, 3: 4}), ("a26161016162820203", {"a": 1, "b": [2, 3]}), ("826161a161626163", ["a",
    {"b": "c"}]),
]
# Those that we only read.
READ = [
    ("f90000", 0.0), ("f98000", -0.0), ("f93c00", 1.0), ("f93e00", 1.5), ("f97bff", 65504.0), ("fa47c35000", 100000.0),
    ("fa7f7fffff", 3.4028234663852886e+38), ("f90001", 5.960464477539063e-08), ("f90400", 0.00006103515625),
    ("f9c400", -4.0), ("f97c00", math.inf), ("f9fc00", -math.inf), ("fa7f800000", math.inf), ("fb7ff0000000000000",
    math.inf),
    ("f7", None), ("5f42010243030405ff", b"\1\2\3\4\5"), ("7f657374726561646d696e67ff", "streaming"), ("9fff", []),
    ("9f018202039f0405ffff", [1, [2, 3], [4, 5]]), ("9f01820203820405ff", [1, [2, 3], [4, 5]]),
    ("83018202039f0405ff", [1, [2, 3], [4, 5]]), ("83019f0203ff820405", [1, [2, 3], [4, 5]]),
    ("9f0102030405060708090a0b0c0d0e0f101112131415161718181819ff", list(range(1, 26))),
    ("bf61610161629f0203ffff", {"a": 1, "b": [2, 3]}), ("826161bf61626163ff", ["a", {"b": "c"}]),
    ("bf6346756ef563416d7421ff", {"Fun": True, "Amt": -2}), ("1800", 0), ("1b0000000000000001", 1),
]
# Ours, byte for byte: tuple, set, frozen set, complex, channel.
OURS = [
    ("d965658201 02", (1, 2)), ("d96565 80", ()), ("d9010281 05", {5}), ("d96566 81 05", frozenset([5])),
    ("d9a7f882fb3ff0000000000000fbc000000000000000", 1 - 2j), ("d96563 07", Reference(7)),
]


class VectorTests(unittest.TestCase):
    def test_preferred_forms_both_ways(self):
        for text, value in PREFERRED + OURS:
            data = bytes.fromhex(text)
            self.assertEqual(decode(data), value, text)
            self.assertIs(type(decode(data)), type(value), text)
            self.assertEqual(encode(value), data, text)

    def test_other_forms_are_read(self):
        for text, value in READ:
            self.assertEqual(repr(decode(bytes.fromhex(text))), repr(value), text)
        for text in ("f97e00", "fa7fc00000", "fb7ff8000000000000"):
            self.assertTrue(math.isnan(decode(bytes.fromhex(text))))

    def test_numeric_arrays_of_every_kind(self):
        kinds = {64: ">B", 65: ">H", 66: ">I", 67: ">Q", 68: "<B", 69: "<H", 70: "<I", 71: "<Q", 72: ">b", 73: ">h",
        74: ">i",
                 75: ">q", 77: "<h", 78: "<i", 79: "<q", 80: ">e", 81: ">f", 82: ">d", 84: "<e", 85: "<f", 86: "<d"}
        for tag, kind in kinds.items():
            numbers = [0, 1, 2, 100] if kind[1].isupper() else [0, 1, -2, 100]
            content = struct.pack("%s4%s" % (kind[0], kind[1]), *numbers)
            data = b"\xd8" + bytes([tag]) + encode(content)
            value = decode(data)
            self.assertIsInstance(value, array.array)
            self.assertEqual(value.tolist(), numbers, tag)
        self.assertEqual(decode(bytes.fromhex("d84c40")), Tagged(76, b""))

    def test_arrays_are_sent_as_numeric_arrays(self):
        for code in "bBhHiIlLqQfd":
            value = array.array(code, [0, 1, 2, 100])
            back = decode(encode(value))
            self.assertEqual(back, value)
            self.assertEqual(back.itemsize, value.itemsize)
            self.assertEqual(decode(encode(array.array(code))), array.array(code))
        self.assertEqual(encode(array.array("d", [1.5])).hex(), "d85648000000000000f83f")
        self.assertEqual(encode(array.array("B", [1])).hex(), "d8404101")


class RoundTripTests(unittest.TestCase):
    def check(self, value):
        back = decode(encode(value))
        self.assertEqual(repr(back), repr(value))
        self.assertIs(type(back), type(value))

    def test_basic_types_exactly(self):
        for value in (
                None, True, False, 0, -1, 23, 24, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63, 2**64 - 1, 2**64,
                -2**64,
                -2**64 - 1, 10**300, -10**300, 0.0, -0.0, 1.5, math.inf, -math.inf, 5e-324, 1j, complex(-0.0, 2), "",
                "a", "\0",
                "\u20ac", "\U0001F600", "x" * 70000, b"", b"\0\xff", b"x" * 70000, [], [[]], (), ((),), ([],), {},
                {"a": {}},
                {(1, 2): [3]}, {(): 1, None: 2, 1.5: 3, b"x": 4}, set(), frozenset(), {frozenset([1])}, {(1, (2, 3))},
                [1, (2, {3: (4,)}, [])], {1: 2, 0: 1, 3: 0}):
            self.check(value)
            self.assertEqual(eval(repr(decode(encode(value))), {"inf": math.inf}), value)
        self.assertTrue(math.isnan(decode(encode(math.nan))))

    def test_bytes_likes_become_bytes(self):
        self.assertEqual(encode(bytearray(b"abc")), encode(b"abc"))
        self.assertEqual(encode(memoryview(b"abcdef")[::2]), encode(b"ace"))

    def test_subclasses_become_what_they_are(self):
        class Color(enum.IntEnum):
            red = 3

        class Text(str):
            def __str__(self):
                return "no"

        Pair = collections.namedtuple("Pair", "a b")
        self.assertEqual(decode(encode(Color.red)), 3)
        self.assertEqual(decode(encode(Text("yes"))), "yes")
        self.assertEqual(decode(encode(Pair(1, 2))), (1, 2))
        self.assertEqual(decode(encode(collections.OrderedDict([(2, 1), (1, 2)]))), {2: 1, 1: 2})
        self.assertEqual(decode(encode(collections.Counter("aab"))), {"a": 2, "b": 1})
        self.assertEqual(decode(encode([Color.red, {Color.red: Pair(1, 2)}])), [3, {3: (1, 2)}])

    def test_unknown_tags_are_kept(self):
        data = bytes.fromhex("d9d9f7d82a83010203")
        self.assertEqual(decode(data), Tagged(55799, Tagged(42, [1, 2, 3])))
        self.assertEqual(encode(decode(data)), data)
        self.assertEqual((Tagged(1, 2).tag, Tagged(1, 2).value, repr(Tagged(1, "a"))), (1, 2, "Tagged(1, 'a')"))

    def test_unhashable_keys_are_frozen(self):
        self.assertEqual(decode(bytes.fromhex("a1820102" "03")), {(1, 2): 3})
        self.assertEqual(decode(bytes.fromhex("d90102818101")), {(1,)})
        self.assertEqual(decode(bytes.fromhex("d9010281d9010280")), {frozenset()})

    def test_last_of_duplicate_keys_wins(self):
        self.assertEqual(decode(bytes.fromhex("a201020103")), {1: 3})

    def test_random_values(self):
        chance = random.Random(8949)

        def value(depth):
            kind = chance.randrange(9 if depth else 6)
            if kind < 6:
                return (None, True, chance.randrange(-2**70, 2**70), chance.random(), "t\u00e9xt" * chance.randrange(9),
                        bytes(chance.randrange(300)))[kind]
            parts = [value(depth - 1) for _ in range(chance.randrange(5))]
            return parts if kind == 6 else tuple(parts) if kind == 7 else dict(enumerate(parts))

        for _ in range(500):
            self.check(value(4))


class RefusalTests(unittest.TestCase):
    def refused(self, value, text="can't serialize", error=(TypeError, ValueError)):
        with self.assertRaises(error) as caught:
            encode(value)
        self.assertIn(text, str(caught.exception))

    def test_other_types(self):
        self.refused(object(), "can't serialize <class 'object'>", TypeError)
        self.refused([1, {2: len}], "can't serialize <class 'builtin_function_or_method'>", TypeError)
        self.refused(range(3), "can't serialize <class 'range'>", TypeError)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.refused(array.array("u", "x"), error=TypeError)
        self.refused(type("int", (), {})(), error=TypeError)

    def test_lone_surrogates(self):
        self.refused(["\ud800"], "can't serialize str", TypeError)

    def test_cycles_and_depth(self):
        cycle = []
        cycle.append(cycle)
        self.refused(cycle, error=ValueError)
        cycle = {}
        cycle[1] = cycle
        self.refused(cycle, error=ValueError)

        def nested(levels, value=None):
            for _ in range(levels):
                value = (value,)
            return value
        self.assertEqual(decode(encode(nested(128))), nested(128))
        self.refused(nested(129), "deeper than 128", ValueError)
        tags = 1
        for _ in range(200):
            tags = Tagged(1, tags)
        self.refused(tags, "deeper than 128", ValueError)

    def test_malformed(self):
        for text in ("", "18", "1901", "1c", "1d", "1e", "1f", "3c", "3f", "41", "5f", "5f00ff", "5f5f4100ffff",
                    "61", "61ff",
                     "62c328", "7f41", "7f4161ff", "81", "8201", "9f", "9f01", "a1", "a101", "a20102", "bf",
                     "bf01ff", "c0",
                     "c200", "c2", "d9656340", "d84141ff", "d9010200", "d9656540", "d9656600", "d9656341",
                     "d9656320", "d9a7f88101",
                     "d9a7f8826161 01", "dc", "f800", "f818", "f81f", "f8", "f9", "f900", "fa000000", "fb", "fc",
                     "fd", "fe", "ff",
                     "0000", "9bffffffffffffffff", "bbffffffffffffffff", "5bffffffffffffffff", "7bffffffffffffffff",
                     "81ff",
                     "a1a001", "a1d90102818000 0000", "d90102a0", "d901028 1a0".replace(" ", ""), "d84001"):
            with self.assertRaises(ValueError, msg=text):
                decode(bytes.fromhex(text))

    def test_depth(self):
        for first in (b"\x81", b"\xa1\x00", b"\x9f", b"\xc1", b"\xd9\xd9\xf7"):
            with self.assertRaisesRegex(ValueError, "deeper than 128"):
                decode(first * 100000 + b"\0")

    def test_every_prefix_and_random_bytes_are_errors_or_values(self):
        whole = encode([1, "text", b"bytes", {"a": (1.5, 2 + 1j), 2: {3}}, array.array("d", [1.0]), 2**80,
        Reference(1)])
        for end in range(len(whole)):
            with self.assertRaises(ValueError):
                decode(whole[:end])
        chance = random.Random(1)
        for _ in range(20000):
            data = bytearray(whole)
            if chance.random() < 0.5:
                data = bytearray(chance.getrandbits(8) for _ in range(chance.randrange(40)))
            for _ in range(chance.randrange(4)):
                if data:
                    data[chance.randrange(len(data))] = chance.getrandbits(8)
            try:
                decode(bytes(data))
            except ValueError:
                pass


if __name__ == "__main__":
    unittest.main()
