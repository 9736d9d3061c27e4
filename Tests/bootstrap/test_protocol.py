# ===----------------------------------------------------------------------===
# Execnet for Swift
# SPDX-License-Identifier: Apache-2.0
# ===----------------------------------------------------------------------===
"""Frames: the hello, credit, fragments, the closing handshake, and what ends the link."""

import os
import random
import struct
import time
import unittest

from support import (
    ABANDON, ANSWER, ATTACH, BINDINGS, CLOSE, CREDIT, END, GOODBYE, HEADER, HELLO, ITEM, LOG, MORE, OPEN, PING, PONG,
    PYTHON, QUERY, TERMINATE, WINDOW, AgentTest, Ended, Peer, Reference, agent, encode)

ECHO = "for item in channel: channel.send(item)"
SLEEP = "channel.receive()"


class HelloTests(AgentTest):
    def test_what_it_says(self):
        hello = self.peer.hello
        self.assertEqual(hello["protocol"], [1, 1])
        self.assertEqual(hello["build"], "")
        self.assertEqual(hello["limits"], {"item": 256 << 20})
        info = hello["info"]
        keys = {"language", "version", "platform", "executable", "directory", "pid", "host", "time"}
        self.assertEqual(set(info), keys)
        self.assertLess(abs(info["time"] - time.time()), 60)
        self.assertEqual(info["language"], "python")
        self.assertEqual(info["pid"], self.peer.process.pid)
        self.assertEqual(info["directory"], os.getcwd())
        self.assertRegex(info["version"], r"^3\.\d+\.\d+$")
        self.assertEqual(info["platform"].split("-")[0], "linux" if os.uname().sysname == "Linux" else "darwin")
        answer = self.peer.query("info")
        self.assertGreaterEqual(answer.pop("time"), info.pop("time"))
        self.assertEqual(answer, info)

    def test_frames_may_follow_before_it_is_read(self):
        peer = self.start(start=False)
        peer.write(peer.image)
        peer.say(HELLO, 0, {"protocol": [1, 3], "future": [1]})
        channel = peer.python(ECHO)
        peer.send(channel, "early")
        self.assertEqual(peer.receive(channel), "early")
        self.assertEqual(peer.frames[0].kind, HELLO)

    def test_versions(self):
        for versions in ([2, 3], [0, 0]):
            peer = self.start(start=False)
            peer.write(peer.image)
            self.assertEqual(peer.violate(HELLO, 0, encode({"protocol": versions}))["code"], "version")

    def test_malformed(self):
        for hello in ([], {}, {"protocol": 1}, {"protocol": [1]}, {"protocol": [1, "1"]},
                      {"protocol": [1, 1], "first": 3}, {"protocol": [1, 1], "limits": 3}, {"protocol": [1, 1], "limits": {"item": "x"}}):
            peer = self.start(start=False)
            peer.write(peer.image)
            self.assertEqual(peer.violate(HELLO, 0, encode(hello))["code"], "protocol", hello)

    def test_first_frame_must_be_one(self):
        peer = self.start(start=False)
        peer.write(peer.image)
        self.assertIn("hello", peer.violate(PING, 0, b"x")["message"])

    def test_only_once(self):
        self.assertIn("hello", self.peer.violate(HELLO, 0, encode({"protocol": [1, 1]}))["message"])

    def test_first_number_of_the_agents_channels(self):
        peer = self.start({"first": 1000})
        channel = peer.python("channel.send([channel.gateway.newchannel() for _ in range(2)])")
        self.assertEqual(peer.receive(channel), [Reference(1000), Reference(1002)])

    def test_small_limit_of_the_coordinator(self):
        peer = self.start({"limits": {"item": 100}})
        channel = peer.python("""
            try: channel.send(b"x" * 101)
            except ValueError as error: channel.send(str(error))
        """)
        self.assertIn("100", peer.receive(channel))


class FrameTests(AgentTest):
    def test_numbers_are_pinned(self):
        self.assertEqual((agent.HELLO, agent.PING, agent.PONG, agent.QUERY, agent.ANSWER, agent.LOG, agent.TERMINATE,
                          agent.GOODBYE), (1, 2, 3, 4, 5, 6, 7, 8))
        self.assertEqual((agent.OPEN, agent.ATTACH, agent.ITEM, agent.BINDINGS, agent.END, agent.CLOSE, agent.CREDIT),
                         (16, 17, 18, 19, 20, 21, 22))
        self.assertEqual(agent.frame(ITEM, 0x0102030405060708, b"ab", MORE).hex(),
                         "0000000212010000" "0102030405060708" "6162")

    def test_bytes_may_come_one_at_a_time(self):
        channel = self.peer.python(ECHO)
        payload = encode("slow")
        for byte in HEADER.pack(len(payload), ITEM, 0, 0, channel) + payload:
            self.peer.write(bytes([byte]))
        self.assertEqual(self.peer.receive(channel), "slow")

    def test_ping(self):
        for data in (b"", b"x", bytes(range(64))):
            self.peer.frame(PING, 0, data)
            self.assertEqual(self.peer.expect(PONG).payload, data)

    def test_pong_and_log_of_the_coordinator_do_nothing(self):
        self.peer.frame(PONG, 0, b"x")
        self.peer.say(LOG, 0, {"level": "info", "label": "x", "message": "y", "metadata": {}})
        self.peer.frame(PING)
        self.peer.expect(PONG)

    def test_status_and_info_while_programs_compute(self):
        self.assertEqual(self.peer.query(), {"channels": 0, "executing": 0})
        busy = [self.peer.python("channel.send(1)\nwhile True: pass") for _ in range(2)]
        for channel in busy:
            self.peer.receive(channel)
        self.assertEqual(self.peer.query(), {"channels": 2, "executing": 2})
        self.assertEqual(self.peer.query("info")["pid"], self.peer.process.pid)
        for channel in busy:
            self.peer.close(channel)
            self.peer.expect(CLOSE, channel)
        while self.peer.query() != {"channels": 0, "executing": 0}:
            pass

    def test_violations(self):
        channel_less = [
            (0, 0, b"", 0), (9, 0, b"", 0), (15, 0, b"", 0), (23, 1, b"", 0), (255, 1, b"", 0),
            (PING, 0, b"x" * 65, 0), (PING, 1, b"", 0), (PING, 0, b"", 1), (PING, 0, b"", 4), (QUERY, 0, b"", 0),
            (QUERY, 0, encode([1, "other"]), 0), (QUERY, 0, encode({}), 0), (ANSWER, 0, encode([1, {}]), 0),
            (TERMINATE, 0, encode("now"), 0), (TERMINATE, 0, encode(-1), 0), (TERMINATE, 0, b"\x01\x01", 0),
            (OPEN, 0, encode({}), 0), (OPEN, 2, encode({}), 0), (OPEN, 1, encode({}), 3), (OPEN, 1, encode({}), 8),
            (ATTACH, 3, encode(98), 0), (ATTACH, 0, encode(1), 0),
            (ITEM, 1, encode(1), 0), (BINDINGS, 1, encode([1, {}]), 0), (END, 1, b"", 0), (CLOSE, 1, b"", 0),
            (CREDIT, 1, bytes(8), 0), (ITEM, 2, encode(1), 0), (OPEN, 1, b"", ABANDON)]
        for violation in channel_less:
            peer = self.start()
            goodbye = peer.violate(*violation)
            self.assertEqual(goodbye["code"], "protocol", violation)
            self.assertEqual(peer.process.returncode, 1)
            self.assertEqual(peer.errors(), "")
        on_channel = [
            (OPEN, 1, encode({}), 0), (ATTACH, 1, encode(1), 0), (ATTACH, 2, encode(1), 0), (ATTACH, 3, encode(1), 1),
            (ATTACH, 3, encode("x"), 0), (ATTACH, 3, encode(3), 0), (ATTACH, 3, encode(4), 0), (ATTACH, 3, encode(0), 0),
            (END, 1, b"x", 0), (END, 1, b"", 1),
            (CLOSE, 1, encode(1), 0), (CLOSE, 1, b"\xff", 0), (CLOSE, 1, b"", 1),
            (CREDIT, 1, bytes(7), 0), (CREDIT, 1, b"", 0),
            (CREDIT, 1, struct.pack(">Q", (1 << 40) - WINDOW + 1), 0), (CREDIT, 1, bytes(8), 2), (ITEM, 1, b"\0", 3),
            (ITEM, 1, b"", ABANDON), (ITEM, 1, b"\0", 4), (PING, 1, b"", 0)]
        for violation in on_channel:
            peer = self.start()
            peer.python(SLEEP)
            self.assertEqual(peer.violate(*violation)["code"], "protocol", violation)

    def test_header_with_too_long_a_payload_or_reserved_bits(self):
        for header in (HEADER.pack(65537, ITEM, 0, 0, 1), HEADER.pack(0, PING, 0, 1, 0)):
            peer = self.start()
            peer.write(header)
            self.assertEqual(peer.parted()["code"], "protocol")

    def test_sequences_that_violate(self):
        def after_end(peer, channel):
            peer.frame(END, channel)
            peer.frame(ITEM, channel, b"\0")

        def end_twice(peer, channel):
            peer.frame(END, channel)
            peer.frame(END, channel)

        def bindings_inside_an_item(peer, channel):
            peer.frame(ITEM, channel, b"\x42", MORE)
            peer.say(BINDINGS, channel, [1, {}])

        def end_inside_an_item(peer, channel):
            peer.frame(ITEM, channel, b"\x42", MORE)
            peer.frame(END, channel)

        def after_close(peer, channel):
            peer.frame(CLOSE, channel)
            peer.frame(ITEM, channel, b"\0")

        def close_twice(peer, channel):
            peer.frame(CLOSE, channel)
            peer.frame(CLOSE, channel)

        def without_credit(peer, channel):
            for _ in range(5):
                peer.frame(ITEM, channel, b"\x59\xff\xfd" + bytes(65533))

        def small_without_credit(peer, channel):
            peer.write((HEADER.pack(1, ITEM, 0, 0, channel) + b"\0") * (WINDOW // 65 + 1))

        for sequence in (after_end, end_twice, bindings_inside_an_item, end_inside_an_item, after_close, close_twice,
                         without_credit, small_without_credit):
            peer = self.start()
            sequence(peer, peer.python("channel.waitclose()\nimport time\ntime.sleep(0.1)"))
            self.assertEqual(peer.parted()["code"], "protocol", sequence)

    def test_link_ends_after_goodbye_though_a_program_holds_on(self):
        for pipes in (False, True):
            peer = self.start(pipes=pipes)
            peer.python("import signal, time\nchannel.send(1)\ntime.sleep(100)")
            peer.frame(99)
            peer.expect(GOODBYE)
            with self.assertRaises(Ended):
                peer.expect(GOODBYE, timeout=0.9)
            peer.wait()


class CreditTests(AgentTest):
    def test_exactly_the_window_is_accepted(self):
        channel = self.peer.python("channel.get('go')\nfor item in channel: pass")
        for _ in range(3):
            self.peer.frame(ITEM, channel, b"\x59\xff\xfd" + bytes(65533))
        rest = WINDOW - 3 * 65600 - 64 - 64 - len(encode([1, {"go": 1}]))
        self.peer.frame(ITEM, channel, b"\x59" + struct.pack(">H", rest - 3) + bytes(rest - 3))
        self.peer.say(BINDINGS, channel, [1, {"go": 1}])
        given = 0
        while given < WINDOW // 2:
            given += struct.unpack(">Q", self.peer.expect(CREDIT, channel).payload)[0]
        self.assertLessEqual(given, WINDOW)
        self.peer.frame(END, channel)
        self.assertIsNone(self.peer.closed(channel))

    def test_given_back_in_batches_as_items_are_taken(self):
        channel = self.peer.python("""
            for _ in range(channel.receive()): channel.receive()
            channel.send("taken")
            channel.get("never")
        """)
        cost = 1000 + 64
        count = WINDOW // 2 // cost - 1
        self.peer.send(channel, count)
        for _ in range(count + 20):
            self.peer.frame(ITEM, channel, b"\x59" + struct.pack(">H", 997) + bytes(997))
        self.assertEqual(self.peer.receive(channel), "taken")
        self.peer.frame(PING)
        self.peer.expect(PONG)
        self.assertNotIn(CREDIT, [frame.kind for frame in self.peer.frames])

    def test_batch_is_half_the_window(self):
        channel = self.peer.python("for item in channel: pass")
        frame = HEADER.pack(1000, ITEM, 0, 0, channel) + b"\x59" + struct.pack(">H", 997) + bytes(997)
        needed = -(-WINDOW // 2 // 1064)
        self.peer.write(frame * needed)
        self.assertEqual(struct.unpack(">Q", self.peer.expect(CREDIT, channel).payload)[0], needed * 1064)

    def test_agent_sends_what_it_may_and_no_more(self):
        channel = self.peer.python("for number in range(10000): channel.send(number)")
        spent, numbers = 0, []
        while spent + 64 + 3 <= WINDOW:
            frame = self.peer.expect(ITEM, channel)
            numbers.append(frame.value)
            spent += len(frame.payload) + 64
        self.assertLessEqual(spent, WINDOW)
        self.peer.frame(PING)
        self.peer.expect(PONG)
        self.assertEqual(self.peer.frames, [])
        self.peer.give(channel, 67)
        numbers.append(self.peer.expect(ITEM, channel).value)
        self.peer.frame(PING)
        self.peer.expect(PONG)
        self.assertEqual(self.peer.frames, [])
        self.peer.give(channel, 10000 * 70)
        while len(numbers) < 10000:
            numbers.append(self.peer.expect(ITEM, channel).value)
        self.assertEqual(numbers, list(range(10000)))
        self.assertIsNone(self.peer.closed(channel))

    def test_credit_after_end_is_welcome(self):
        channel = self.peer.python("channel.end()\nchannel.receive()")
        self.peer.expect(END, channel)
        self.peer.give(channel, 100)
        self.peer.send(channel, 1)
        self.assertIsNone(self.peer.closed(channel))

    def test_other_channels_go_on_when_one_has_no_credit(self):
        stuck = self.peer.python("channel.send(bytes(1000000))")
        self.peer.expect(ITEM, stuck)
        self.assertEqual(self.run_python("channel.send(1)"), 1)
        self.assertEqual(self.peer.query(), {"channels": 1, "executing": 1})

    def test_large_items_pass_both_ways(self):
        channel = self.peer.python(ECHO)
        payload = encode(bytes(range(256)) * 12000)  # twelve times the window
        credit, position, parts = WINDOW, 0, []
        while sum(map(len, parts)) < len(payload):
            chunk = payload[position:position + 65536]
            if chunk and credit >= len(chunk) + 64:
                credit -= len(chunk) + 64
                position += len(chunk)
                self.peer.frame(ITEM, channel, chunk, MORE if position < len(payload) else 0)
                continue
            frame = self.peer.read()
            if frame.kind == CREDIT:
                credit += struct.unpack(">Q", frame.payload)[0]
            else:
                parts.append(frame.payload)
                self.peer.give(channel, len(frame.payload) + 64)
                self.assertEqual(bool(frame.flags), sum(map(len, parts)) < len(payload))
        self.assertEqual(b"".join(parts), payload)

    def test_no_credit_for_a_part_before_the_program_waits(self):
        channel = self.peer.python("go = channel.receive()\ngo.receive()\nchannel.send(len(channel.receive()))")
        go = self.peer.attach(channel)
        self.peer.send(channel, Reference(go))
        payload = encode(bytes(500000))
        for start in range(0, 3 * 65536, 65536):
            self.peer.frame(ITEM, channel, payload[start:start + 65536], MORE)
        self.peer.frame(PING)
        self.peer.expect(PONG)
        self.assertEqual(self.peer.frames, [])
        self.peer.send(go, 1)
        given = struct.unpack(">Q", self.peer.expect(CREDIT, channel).payload)[0]
        self.assertGreaterEqual(given, 3 * 65600)
        for start in range(3 * 65536, len(payload), 65536):
            self.peer.frame(ITEM, channel, payload[start:start + 65536], MORE if start + 65536 < len(payload) else 0)
        self.assertEqual(self.peer.receive(channel), 500000)

    def test_large_items_to_a_callback(self):
        channel = self.peer.python("channel.setcallback(lambda item: channel.send(len(item)))\nchannel.waitclose()")
        payload, credit, position = encode(bytes(1 << 20)), WINDOW, 0
        while position < len(payload):
            chunk = payload[position:position + 65536]
            if credit < len(chunk) + 64:
                credit += struct.unpack(">Q", self.peer.expect(CREDIT, channel).payload)[0]
                continue
            credit -= len(chunk) + 64
            position += len(chunk)
            self.peer.frame(ITEM, channel, chunk, MORE if position < len(payload) else 0)
        self.assertEqual(self.peer.receive(channel), 1 << 20)

    def test_large_bindings_both_ways(self):
        channel = self.peer.python("value = channel.get('big')\nchannel.set(back=value)")
        payload, credit, position = encode([1, {"big": bytes(1 << 20)}]), WINDOW, 0
        while position < len(payload):
            chunk = payload[position:position + 65536]
            if credit < len(chunk) + 64:
                credit += struct.unpack(">Q", self.peer.expect(CREDIT, channel).payload)[0]
                continue
            credit -= len(chunk) + 64
            position += len(chunk)
            self.peer.frame(BINDINGS, channel, chunk, MORE if position < len(payload) else 0)
        parts = []
        while True:
            frame = self.peer.expect(BINDINGS, channel)
            parts.append(frame.payload)
            self.peer.give(channel, len(frame.payload) + 64)
            if not frame.flags:
                break
        self.assertEqual(b"".join(parts), encode([2, {"back": bytes(1 << 20)}]))

    def test_abandoned_item(self):
        channel = self.peer.python(ECHO)
        self.peer.frame(ITEM, channel, b"\x5a\0\1\0\0" + bytes(1000), MORE)
        self.peer.frame(ITEM, channel, b"", ABANDON)
        self.peer.send(channel, "next")
        self.assertEqual(self.peer.receive(channel), "next")

    def test_agent_abandons_what_takes_too_long(self):
        channel = self.peer.python("""
            try: channel.send(bytes(1000000), timeout=0.05)
            except channel.TimeoutError: channel.send("late")
        """)
        spent = 0
        while True:
            frame = self.peer.expect(ITEM, channel)
            spent += len(frame.payload) + 64
            self.assertLessEqual(spent, WINDOW)
            if frame.flags == ABANDON:
                break
            self.assertEqual(frame.flags, MORE)
        self.peer.give(channel, WINDOW)
        self.assertEqual(self.peer.receive(channel), "late")

    def test_item_limit(self):
        self.assertEqual(agent.MAX_ITEM, 256 << 20)
        peer = self.peer
        agent_limit = agent.MAX_OPEN
        chunk = bytes(65536)
        for _ in range(agent_limit // 65536):
            peer.frame(OPEN, 1, chunk, MORE)
        self.assertIn(str(agent_limit), peer.violate(OPEN, 1, b"x", MORE)["message"])

    def test_large_open(self):
        channel = self.peer.next
        self.peer.next += 2
        payload = encode({"kind": "python", "source": "channel.send(len(data))", "arguments": {"data": bytes(1000000)}})
        for start in range(0, len(payload), 65536):
            self.peer.frame(OPEN, channel, payload[start:start + 65536], MORE if start + 65536 < len(payload) else 0)
        self.assertEqual(self.peer.receive(channel), 1000000)

    def test_close_instead_of_the_rest_of_an_open(self):
        self.peer.frame(OPEN, 1, b"\xa1", MORE)
        self.peer.close(1)
        self.assertIsNone(self.peer.expect(CLOSE, 1).value)
        self.assertEqual(self.peer.query(), {"channels": 0, "executing": 0})


class FuzzTests(AgentTest):
    def test_any_frames_are_answered_or_end_the_link(self):
        """Whatever is sent, the agent answers, or says goodbye and ends; it never hangs and never prints."""
        chance = random.Random(20)
        kinds = list(range(1, 9)) + list(range(16, 23)) * 3
        values = [0, 1, 5, -1, "", "status", b"", [], {}, None, [1, {}], [1, "info"], [2, {"a": 1}], {"kind": "python"},
                  {"kind": "python", "source": "channel.send(1)"}, {"kind": "shell", "script": "true"}, Reference(1)]
        for turn in range(40):
            peer = self.start()
            peer.python("for item in channel: channel.send(item)")
            try:
                for _ in range(60):
                    if chance.random() < 0.05:
                        kind, flags = chance.randrange(256), chance.randrange(256)
                    else:
                        kind, flags = chance.choice(kinds), chance.choice((0, 0, 0, 0, 0, MORE, ABANDON))
                    payload = encode(chance.choice(values)) if chance.random() < 0.8 else bytes(
                        chance.getrandbits(8) for _ in range(chance.randrange(20)))
                    peer.frame(kind, 0 if kind < 16 else chance.choice((1, 1, 3, 5, 2)), payload, flags)
                peer.frame(PING, 0, b"still there")
                while peer.expect(PONG).payload != b"still there":
                    pass
            except (OSError, Ended):
                peer.wait()
            self.assertEqual(peer.errors(), "")
            peer.finish()


class CloseTests(AgentTest):
    def test_coordinator_first(self):
        channel = self.peer.python(SLEEP)
        self.peer.close(channel)
        self.assertIsNone(self.peer.expect(CLOSE, channel).value)
        while self.peer.query() != {"channels": 0, "executing": 0}:
            pass
        self.assertEqual(self.peer.frames, [])

    def test_agent_first(self):
        channel = self.peer.python("pass")
        self.assertIsNone(self.peer.expect(CLOSE, channel).value)
        self.assertEqual(self.peer.query(), {"channels": 1, "executing": 0})
        self.peer.close(channel)
        self.assertEqual(self.peer.query(), {"channels": 0, "executing": 0})

    def test_both_at_once(self):
        channel = self.peer.python("pass")
        self.peer.close(channel)
        self.peer.expect(CLOSE, channel)
        self.assertEqual(self.peer.query()["channels"], 0)
        self.assertEqual(self.peer.frames, [])

    def test_what_arrives_after_the_agents_close_is_ignored(self):
        channel = self.peer.python("pass")
        self.peer.expect(CLOSE, channel)
        self.peer.send(channel, 1)
        self.peer.say(BINDINGS, channel, [1, {"a": 1}])
        self.peer.give(channel, 5)
        self.peer.frame(END, channel)
        self.peer.close(channel)
        self.assertEqual(self.peer.query(), {"channels": 0, "executing": 0})

    def test_number_is_gone_after_both(self):
        channel = self.peer.python("pass")
        self.peer.closed(channel)
        self.assertIn("not known", self.peer.violate(ITEM, channel, b"\0")["message"])


class OutboundTests(AgentTest):
    def test_reader_goes_on_when_nobody_reads(self):
        """Programs are stuck in the operating system's write; frames in the other direction are still taken."""
        flood = self.peer.python("for _ in range(3): channel.send(bytes(60000))\nchannel.send(bytes(4000000))")
        self.peer.give(flood, 1 << 30)
        counter = self.peer.python(
            "channel.setcallback(items.append)\nchannel.waitclose()\nchannel.send(len(items))", items=[])
        for _ in range(1000):
            self.peer.frame(PING, 0, b"x" * 64)
        for number in range(1000):
            self.peer.send(counter, number)
        self.peer.frame(END, counter)
        for _ in range(1000):
            self.peer.expect(PONG)
        self.assertEqual(self.peer.receive(counter), 1000)

    def test_ping_overtakes_bulk(self):
        channel = self.peer.python("for _ in range(100): channel.send(bytes(1 << 20))")
        self.peer.give(channel, 1 << 30)
        self.peer.expect(ITEM, channel)
        self.peer.frame(PING)
        self.peer.expect(PONG)
        bulk = sum(len(frame.payload) for frame in self.peer.frames)
        self.assertLess(bulk, 20 << 20)

    def test_answers_that_are_not_read_end_the_agent(self):
        self.peer.python("import time; time.sleep(100)")
        question = HEADER.pack(len(encode([7, "info"])), QUERY, 0, 0, 0) + encode([7, "info"])
        with self.assertRaises(OSError):
            for _ in range(100000):
                self.peer.write(question)
        self.assertEqual(self.peer.wait(), 1)

    def test_over_pipes(self):
        peer = self.start(pipes=True)
        channel = peer.python(ECHO)
        for item in (1, bytes(100000), "text"):
            peer.send(channel, item)
            self.assertEqual(peer.receive(channel), item)
        flood = peer.python("channel.send(bytes(4000000))")
        peer.give(flood, 1 << 30)
        for _ in range(500):
            peer.frame(PING, 0, b"x" * 64)
        for _ in range(500):
            peer.expect(PONG)


if __name__ == "__main__":
    unittest.main()
