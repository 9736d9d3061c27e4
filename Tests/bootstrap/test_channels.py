# ===----------------------------------------------------------------------===
# Execnet for Swift
# SPDX-License-Identifier: Apache-2.0
# ===----------------------------------------------------------------------===
"""Channels as far code uses them: items, bindings, callbacks, ends, channels inside values, the file facade."""

import unittest

from support import (
    ATTACH, BINDINGS, CLOSE, CREDIT, END, ITEM, OPEN, PING, PONG, AgentTest, Reference, encode)


class ItemTests(AgentTest):
    def test_values_arrive_as_they_are(self):
        channel = self.peer.python("for item in channel: channel.send((item, repr(item)))")
        for value in (None, True, 12**40, 1.5, "t\u00e9xt", b"\0\xff", [1, (2,)], {"a": {1, 2}}, (frozenset([1]), 2j)):
            self.peer.send(channel, value)
            self.assertEqual(self.peer.receive(channel), (value, repr(value)))

    def test_several_items_at_once_and_none(self):
        channel = self.peer.python("channel.send(1, 'two', [3])\nchannel.send()\nchannel.send(4, timeout=1)")
        self.assertEqual([self.peer.receive(channel) for _ in range(4)], [1, "two", [3], 4])

    def test_iteration_ends_at_end(self):
        channel = self.peer.python("channel.send(sum(channel))\nchannel.send(list(channel))")
        for number in (1, 2, 3):
            self.peer.send(channel, number)
        self.peer.frame(END, channel)
        self.assertEqual(self.peer.receive(channel), 6)
        self.assertEqual(self.peer.receive(channel), [])

    def test_end_of_stream_is_raised_every_time(self):
        self.assertEqual(self.end_raised("channel.receive()"), ["EOFError", "EOFError"])

    def end_raised(self, operation):
        channel = self.peer.python("""
            seen = []
            for _ in range(2):
                try: %s
                except Exception as error: seen.append(type(error).__name__)
            channel.send(seen)
        """ % operation)
        self.peer.frame(END, channel)
        return self.peer.receive(channel)

    def test_get_ends_too(self):
        self.assertEqual(self.end_raised("channel.get('x')"), ["EOFError", "EOFError"])

    def test_timeout(self):
        channel = self.peer.python("""
            for timeout in (0.02, 0):
                try: channel.receive(timeout=timeout)
                except channel.TimeoutError as error:
                    channel.send((isinstance(error, TimeoutError), isinstance(error, OSError)))
            for wrong in (lambda: channel.receive(-1), lambda: channel.send(1, timeout=-1)):
                try: wrong()
                except ValueError: channel.send("negative")
            channel.send("ready")
            channel.send(channel.receive(10))
            channel.send(channel.receive(timeout=0))
        """)
        self.assertEqual([self.peer.receive(channel) for _ in range(4)], [(True, True)] * 2 + ["negative"] * 2)
        self.peer.receive(channel)
        self.peer.write(b"".join(
            bytes.fromhex("0000000112000000") + channel.to_bytes(8, "big") + bytes([number]) for number in (5, 6)))
        self.assertEqual([self.peer.receive(channel) for _ in range(2)], [5, 6])

    def test_what_cannot_be_sent_harms_that_send_only(self):
        channel = self.peer.python("""
            cycle = []
            cycle.append(cycle)
            for wrong in (object(), "\\ud800", cycle, [{1: len}]):
                try: channel.send("never", wrong)
                except (TypeError, ValueError) as error: channel.send(str(error))
            try: channel.set(a=1, b=object())
            except TypeError as error: channel.send(str(error))
            channel.set(done=True)
        """)
        for text in ("<class 'object'>", "str", "contains itself", "builtin_function_or_method", "<class 'object'>"):
            message = self.peer.receive(channel)
            self.assertIn("can't serialize", message)
            self.assertIn(text, message)
        self.assertEqual(self.peer.bindings(channel), [1, {"done": True}])

    def test_undecodable_item_harms_that_receive_only(self):
        channel = self.peer.python("""
            while True:
                try: channel.send(channel.receive())
                except ValueError as error: channel.send("bad: %s" % error)
        """)
        self.peer.frame(ITEM, channel, b"\xff")
        self.assertIn("bad", self.peer.receive(channel))
        self.peer.frame(ITEM, channel, b"")
        self.assertIn("bad", self.peer.receive(channel))
        self.peer.send(channel, Reference(77))
        self.assertIn("77", self.peer.receive(channel))
        self.peer.send(channel, "good")
        self.assertEqual(self.peer.receive(channel), "good")

    def test_many_threads_send_at_once(self):
        channel = self.peer.python("""
            import threading
            def run(number):
                for turn in range(50): channel.send((number, turn, bytes([number]) * (turn * 3000)))
            threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
        """)
        turns = dict.fromkeys(range(4), 0)
        for _ in range(200):
            number, turn, data = self.peer.receive(channel)
            self.assertEqual((turn, data), (turns[number], bytes([number]) * (turn * 3000)))
            turns[number] += 1
        self.assertIsNone(self.peer.closed(channel))

    def test_several_programs_send_at_once(self):
        channels = [self.peer.python("for _ in range(30): channel.send(tag * 20000)", tag=tag) for tag in "abc"]
        for _ in range(30):
            for channel, tag in zip(channels, "abc"):
                self.assertEqual(self.peer.receive(channel), tag * 20000)

    def test_end_by_far_code(self):
        channel = self.peer.python("""
            channel.send(1)
            channel.end()
            channel.end()
            for wrong in (lambda: channel.send(2), lambda: channel.set(a=2)):
                try: wrong()
                except OSError as error: seen.append("end" in str(error))
            assert seen == [True, True], seen
            channel.receive()
        """, seen=[])
        self.assertEqual(self.peer.receive(channel), 1)
        self.peer.expect(END, channel)
        self.peer.send(channel, "done")
        self.assertIsNone(self.peer.closed(channel))


class BindingTests(AgentTest):
    def test_set_and_get(self):
        channel = self.peer.python("""
            channel.set(a=1, b=[2])
            assert channel.get("a") == 1 and channel.get("b") == [2]
            value = channel.get("c")
            channel.set(d=value)
        """)
        self.assertEqual(self.peer.bindings(channel), [1, {"a": 1, "b": [2]}])
        self.peer.say(BINDINGS, channel, [2, {"c": "from there"}])
        self.assertEqual(self.peer.bindings(channel), [3, {"d": "from there"}])

    def test_ignore_and_timeout(self):
        channel = self.peer.python("""
            channel.set(signal=0)
            try: channel.get("signal", 0, 0.02)
            except channel.TimeoutError: channel.send("late")
            channel.send(channel.get("signal", ignore=0))
            channel.set(none=None)
            channel.send(channel.get("none"))
        """)
        self.assertEqual(self.peer.receive(channel), "late")
        self.peer.say(BINDINGS, channel, [2, {"signal": 0}])
        self.peer.say(BINDINGS, channel, [3, {"signal": 5}])
        self.assertEqual(self.peer.receive(channel), 5)
        self.assertIsNone(self.peer.receive(channel))

    def test_counters_decide(self):
        channel = self.peer.python("""
            channel.set(mine=1)
            channel.receive()
            channel.send((channel.get("mine"), channel.get("other")))
            channel.set(after=1)
        """)
        self.assertEqual(self.peer.bindings(channel)[0], 1)
        self.peer.say(BINDINGS, channel, [1, {"mine": "coordinator wins ties"}])
        self.peer.say(BINDINGS, channel, [9, {"other": "new"}])
        self.peer.say(BINDINGS, channel, [5, {"other": "old", "mine": "newer"}])
        self.peer.send(channel, None)
        self.assertEqual(self.peer.receive(channel), ("newer", "new"))
        self.assertEqual(self.peer.bindings(channel), [10, {"after": 1}])

    def test_set_before_item_is_seen_with_the_item(self):
        channel = self.peer.python("for item in channel: channel.send(channel.get('x') == item)")
        for number in range(1, 50):
            self.peer.say(BINDINGS, channel, [number, {"x": number}])
            self.peer.send(channel, number)
            self.assertTrue(self.peer.receive(channel))

    def test_malformed_bindings_close_the_channel_only(self):
        for payload in (b"\xff", encode(1), encode([1]), encode(["a", {}]), encode([1, {1: 1}]), encode([-1, {}])):
            channel = self.peer.python("channel.receive()")
            self.peer.frame(BINDINGS, channel, payload)
            self.assertEqual(self.peer.closed(channel)["kind"], "failed")
        self.assertEqual(self.run_python("channel.send(1)"), 1)


class CallbackTests(AgentTest):
    def test_queued_items_first_then_later_ones_then_the_marker_once(self):
        channel = self.peer.python("""
            seen = [channel.receive()]
            channel.get("queued")
            channel.subscribe(seen.append, endmarker="end")
            try: channel.receive()
            except OSError as error: channel.send("callback" in str(error))
            channel.waitclose()
            channel.send(seen)
        """)
        for number in range(5):
            self.peer.send(channel, number)
        self.peer.say(BINDINGS, channel, [1, {"queued": 1}])
        self.assertTrue(self.peer.receive(channel))
        for number in range(5, 8):
            self.peer.send(channel, number)
        self.peer.frame(END, channel)
        self.assertEqual(self.peer.receive(channel), list(range(8)) + ["end"])

    def test_order_of_subscription_and_one_at_a_time(self):
        channel = self.peer.python("""
            import threading
            seen, inside = [], []
            def one(item):
                inside.append(1); assert len(inside) == 1
                seen.append(("one", item, threading.current_thread() is not threading.main_thread()))
                inside.pop()
            def two(item): seen.append(("two", item, True))
            channel.subscribe(one); channel.subscribe(two); channel.subscribe(one)
            channel.set(ready=1)
            channel.waitclose()
            channel.send(seen)
        """)
        self.peer.bindings(channel)
        for number in range(2):
            self.peer.send(channel, number)
        self.peer.frame(END, channel)
        self.assertEqual(self.peer.receive(channel), [
            (name, number, True) for number in range(2) for name in ("one", "two", "one")])

    def test_unsubscribe_removes_every_instance(self):
        channel = self.peer.python("""
            seen = []
            def change(**pairs): seen.append(pairs)
            for _ in range(2): channel.subscribe(seen.append, change)
            channel.set(ready=1)
            while len(seen) < 4: pass
            channel.unsubscribe(seen.append, change)
            channel.set(ready=2)
            channel.send(seen, channel.receive())
        """)
        self.assertEqual(self.peer.bindings(channel), [1, {"ready": 1}])
        self.peer.send(channel, "item")
        self.peer.say(BINDINGS, channel, [2, {"a": 1, "b": 2}])
        self.assertEqual(self.peer.bindings(channel), [3, {"ready": 2}])
        self.peer.say(BINDINGS, channel, [4, {"a": 2}])
        self.peer.send(channel, "received")
        self.assertEqual(self.peer.receive(channel), ["item", "item", {"a": 1, "b": 2}, {"a": 1, "b": 2}])
        self.assertEqual(self.peer.receive(channel), "received")

    def test_items_and_changes_come_in_the_order_sent(self):
        channel = self.peer.python("""
            seen = []
            channel.subscribe(seen.append, lambda **pairs: seen.append(pairs))
            channel.set(ready=1)
            channel.waitclose()
            channel.send(seen)
        """)
        self.peer.bindings(channel)
        for number in range(20):
            self.peer.send(channel, number)
            self.peer.say(BINDINGS, channel, [number + 2, {"x": number}])
        self.peer.frame(END, channel)
        expected = [part for number in range(20) for part in (number, {"x": number})]
        self.assertEqual(self.peer.receive(channel), expected)

    def test_slow_callback_does_not_stall_other_channels(self):
        slow = self.peer.python("""
            import threading
            gate = threading.Event()
            channel.setcallback(lambda item: (channel.send("inside"), gate.wait()))
            channel.get("release")
            gate.set()
            channel.get("never")
        """)
        self.peer.send(slow, 1)
        self.assertEqual(self.peer.receive(slow), "inside")
        others = [self.peer.python("channel.setcallback(channel.send)\nchannel.waitclose()") for _ in range(3)]
        for turn in range(20):
            for other in others:
                self.peer.send(other, turn)
            for other in others:
                self.assertEqual(self.peer.receive(other), turn)
        self.peer.say(BINDINGS, slow, [1, {"release": True}])
        for number in range(3):
            self.peer.send(slow, number)
            self.assertEqual(self.peer.receive(slow), "inside")

    def test_waitclose_waits_for_slow_callbacks(self):
        channel = self.peer.python("""
            import time
            seen = []
            def slow(item):
                time.sleep(0.02)
                seen.append(item)
            channel.setcallback(slow, endmarker=None)
            channel.waitclose()
            channel.send(seen)
        """)
        for number in range(5):
            self.peer.send(channel, number)
        self.peer.frame(END, channel)
        self.assertEqual(self.peer.receive(channel), [0, 1, 2, 3, 4, None])

    def test_raising_callback_closes_that_channel_with_the_text(self):
        channel = self.peer.python("""
            other = channel.gateway.newchannel()
            channel.send(other)
            other.setcallback(lambda item: undefined_name)
            try: other.waitclose()
            except other.RemoteError: pass
            try:
                while True: other.send(1)
            except OSError as error: channel.send("cannot send" in str(error))
        """)
        other = self.peer.receive(channel).id
        self.peer.send(other, 1)
        error = self.peer.closed(other)
        self.assertEqual((error["kind"], error["type"]), ("failed", "NameError"))
        self.assertIn("undefined_name", error["message"])
        self.assertTrue(error["trace"].startswith(
            "Traceback (most recent call last):\n  File \"far.py\", line 4, in <lambda>"))
        self.assertTrue(self.peer.receive(channel))
        self.assertIsNone(self.peer.closed(channel))
        self.assertEqual(self.run_python("channel.send(1)"), 1)

    def test_raising_callback_on_the_programs_own_channel(self):
        channel = self.peer.python("channel.setcallback(lambda item: 1 / 0)\nchannel.waitclose()")
        self.peer.send(channel, 1)
        self.assertEqual(self.peer.closed(channel)["type"], "ZeroDivisionError")
        while self.peer.query()["executing"]:
            pass

    def test_undecodable_item_for_a_callback(self):
        channel = self.peer.python("channel.setcallback(lambda item: None)\nchannel.waitclose()")
        self.peer.frame(ITEM, channel, b"\xff")
        self.assertEqual(self.peer.closed(channel)["type"], "ValueError")

    def test_second_setcallback_and_waiting_inside_a_callback(self):
        channel = self.peer.python("""
            def callback(item):
                try: channel.waitclose()
                except OSError: channel.send("refused")
            channel.setcallback(callback)
            try: channel.setcallback(print)
            except OSError: channel.send("has one")
            channel.waitclose()
        """)
        self.assertEqual(self.peer.receive(channel), "has one")
        self.peer.send(channel, 1)
        self.assertEqual(self.peer.receive(channel), "refused")

    def test_credit_comes_back_only_when_callbacks_ran(self):
        channel = self.peer.python("""
            import threading
            gate = threading.Event()
            channel.subscribe(lambda item: gate.wait(), lambda **pairs: None)
            other = channel.gateway.newchannel()
            channel.send(other)
            other.receive()
            gate.set()
            channel.waitclose()
        """)
        other = self.peer.receive(channel).id
        for _ in range(3):
            self.peer.send(channel, bytes(60000))
        self.peer.frame(PING)
        self.peer.expect(PONG)
        self.assertNotIn(CREDIT, [frame.kind for frame in self.peer.frames])
        self.peer.send(other, 1)
        self.peer.expect(CREDIT, channel)

    def test_end_marker_when_the_link_ends(self):
        import os
        import tempfile
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "seen")
            channel = self.peer.python("""
                import os
                def callback(item):
                    with open(path + ".new", "a") as file: file.write("%s\\n" % item)
                    if item is None: os.rename(path + ".new", path)
                channel.setcallback(callback, endmarker=None)
                channel.send(1)
                try: channel.waitclose()
                except EOFError: pass
            """, path=path)
            self.peer.receive(channel)
            self.peer.send(channel, "item")
            self.peer.hang_up()
            self.peer.wait()
            with open(path) as file:
                self.assertEqual(file.read(), "item\nNone\n")


class CloseTests(AgentTest):
    def test_own_channel_of_a_program_is_not_closed_by_it(self):
        channel = self.peer.python("""
            try: channel.close()
            except OSError as error: channel.send(str(error))
        """)
        self.assertIn("return", self.peer.receive(channel))
        self.assertIsNone(self.peer.closed(channel))

    def test_close_of_another_channel_and_twice(self):
        channel = self.peer.python("""
            other = channel.gateway.newchannel()
            channel.send(other, other.isclosed())
            other.close("something broke")
            other.close()
            other.close("again")
            channel.send(other.isclosed())
            for wrong in (lambda: other.send(1), lambda: other.set(a=1)):
                try: wrong()
                except OSError: channel.send("refused")
        """)
        other = self.peer.receive(channel).id
        self.assertEqual([self.peer.receive(channel) for _ in range(4)], [False, True, "refused", "refused"])
        error = self.peer.closed(other)
        self.assertEqual((error["kind"], error["message"]), ("failed", "something broke"))
        self.peer.closed(channel)
        self.assertEqual(self.peer.query()["channels"], 0)
        self.peer.drop(ATTACH)
        self.assertEqual(self.peer.frames, [])

    def test_error_of_the_coordinator_comes_after_the_items(self):
        channel = self.peer.python("""
            other = channel.receive()
            seen = [other.receive(), other.receive()]
            for operation in (other.receive, other.waitclose, lambda: other.get("x"), other.receive):
                try: operation()
                except other.RemoteError as error:
                    seen.append((error.kind, error.type, error.message, error.formatted, str(error)))
            channel.send(seen)
        """)
        other = self.peer.attach(channel)
        self.peer.send(other, 1)
        self.peer.send(other, 2)
        self.peer.close(other, {"kind": "failed", "type": "T", "message": "M", "trace": "the trace"})
        self.peer.expect(CLOSE, other)
        self.peer.send(channel, Reference(other))
        expected = ("failed", "T", "M", "the trace", "the trace")
        self.assertEqual(self.peer.receive(channel), [1, 2] + [expected] * 4)

    def test_waitclose(self):
        channel = self.peer.python("""
            other = channel.receive()
            try: other.waitclose(timeout=0.02)
            except channel.TimeoutError: channel.send("not yet")
            other.waitclose()
            channel.send(other.isclosed())
            channel.send(other.receive())
            try: other.send(1)
            except OSError: channel.send("refused")
        """)
        other = self.peer.attach(channel)
        self.peer.send(channel, Reference(other))
        self.assertEqual(self.peer.receive(channel), "not yet")
        self.peer.send(other, "queued")
        self.peer.close(other)
        self.assertEqual([self.peer.receive(channel) for _ in range(3)], [True, "queued", "refused"])


class ChannelValueTests(AgentTest):
    def test_arguments_may_mention_a_channel(self):
        channel, self.peer.next = self.peer.next, self.peer.next + 2
        other = self.peer.attach(channel)
        self.peer.say(OPEN, channel, {"kind": "python", "source": "other.send(other.receive() + 1)", "file": "far.py",
                                      "line": 1, "arguments": {"other": Reference(other)}})
        self.peer.send(other, 41)
        self.assertEqual(self.peer.receive(other), 42)
        self.peer.closed(channel)

    def test_new_channel_is_announced_before_it_is_mentioned(self):
        channel = self.peer.python("""
            new = channel.gateway.newchannel()
            channel.send({"nested": [(new,)]})
            channel.send(new)
            for item in new: new.send(item * 2)
        """)
        new = self.peer.receive(channel)["nested"][0][0].id
        attach = self.peer.frames.pop(0)
        self.assertEqual((attach.kind, attach.channel, attach.value), (ATTACH, new, channel))
        self.assertEqual(new, 2)
        self.assertEqual(self.peer.receive(channel).id, new)
        self.peer.send(new, 21)
        self.assertEqual(self.peer.receive(new), 42)
        self.assertNotIn(ATTACH, [frame.kind for frame in self.peer.frames])

    def test_new_channel_used_before_it_is_sent(self):
        channel = self.peer.python("""
            new = channel.gateway.newchannel()
            new.send("early")
            channel.send(new)
        """)
        self.assertEqual(self.peer.receive(2), "early")
        self.assertEqual([(frame.kind, frame.channel) for frame in self.peer.frames], [(ATTACH, 2)])
        self.assertEqual(self.peer.receive(channel), Reference(2))

    def test_announced_beside_the_channel_that_it_is_sent_on(self):
        channel = self.peer.python("""
            first, second = channel.gateway.newchannel(), channel.gateway.newchannel()
            channel.send(first)
            first.send(second)
            channel.set(third=channel.gateway.newchannel())
        """)
        self.peer.receive(channel)
        self.peer.receive(2)
        self.assertEqual(self.peer.bindings(channel), [1, {"third": Reference(6)}])
        self.assertEqual([(frame.channel, frame.value) for frame in self.peer.frames if frame.kind == ATTACH],
                         [(2, channel), (4, 2), (6, channel)])

    def test_unused_new_channel_says_nothing(self):
        channel = self.peer.python(
            "channel.gateway.newchannel().close()\nchannel.gateway.newchannel()\nchannel.send(1)")
        self.peer.receive(channel)
        self.assertIsNone(self.peer.closed(channel))
        self.assertEqual(self.peer.frames, [])
        self.assertEqual(self.peer.query()["channels"], 0)

    def test_items_of_a_channel_whose_creator_ended(self):
        channel = self.peer.python("""
            new = channel.gateway.newchannel()
            channel.send(new)
            new.send(1, 2)
            new.close()
        """)
        new = self.peer.receive(channel).id
        self.assertIsNone(self.peer.closed(channel))
        self.assertEqual([self.peer.receive(new) for _ in range(2)], [1, 2])
        self.peer.closed(new)
        self.assertEqual(self.peer.query()["channels"], 0)

    def test_same_number_is_the_same_object(self):
        channel = self.peer.python("""
            new = channel.gateway.newchannel()
            channel.send([new, channel])
            a, b = channel.receive()
            other, again = channel.receive()
            channel.send(a is new and b is channel and other is again and other is not channel)
            other.send("usable")
        """)
        mentioned = self.peer.receive(channel)
        self.assertEqual(mentioned, [Reference(2), Reference(channel)])
        self.peer.send(channel, mentioned)
        other = self.peer.attach(channel)
        self.peer.send(channel, (Reference(other), Reference(other)))
        self.assertTrue(self.peer.receive(channel))
        self.assertEqual(self.peer.receive(other), "usable")

    def test_channel_in_arguments_and_bindings(self):
        first = self.peer.python("channel.get('never')")
        other = self.peer.attach(first)
        channel = self.peer.python(
            "given.send('argument')\nchannel.get('bound').send('binding')", given=Reference(other))
        self.assertEqual(self.peer.receive(other), "argument")
        self.peer.say(BINDINGS, channel, [1, {"bound": Reference(other)}])
        self.assertEqual(self.peer.receive(other), "binding")

    def test_channel_closed_before_it_is_received(self):
        channel = self.peer.python("""
            channel.get("go")
            other = channel.receive()
            channel.send(list(other), other.isclosed())
        """)
        other = self.peer.attach(channel)
        self.peer.send(channel, Reference(other))
        self.peer.send(other, 1)
        self.peer.close(other)
        self.peer.expect(CLOSE, other)
        self.peer.say(BINDINGS, channel, [1, {"go": 1}])
        self.assertEqual([self.peer.receive(channel) for _ in range(2)], [[1], True])

    def test_channels_that_cannot_be_sent(self):
        channel = self.peer.python("""
            closed = channel.gateway.newchannel()
            closed.close()
            foreign = channel.gateway.newchannel()
            foreign._link = None
            for wrong in (closed, foreign):
                try: channel.send(wrong)
                except (OSError, ValueError) as error: channel.send(type(error).__name__)
            channel.send("still works")
        """)
        self.assertEqual([self.peer.receive(channel) for _ in range(3)], ["OSError", "ValueError", "still works"])


class FileTests(AgentTest):
    def test_write(self):
        channel = self.peer.python("""
            file = channel.makefile()
            print("hello", "world", file=file)
            file.writelines(["a", "b"])
            file.flush()
            assert file.isatty() is False
            file.close()
            other = channel.gateway.newchannel()
            channel.send(other)
            file = other.makefile("w", proxyclose=True)
            file.write("x")
            file.close()
            try: file.write("y")
            except OSError: channel.send("closed")
            try: channel.makefile("rw")
            except ValueError: channel.send("mode")
        """)
        self.assertEqual("".join(self.peer.receive(channel) for _ in range(6)), "hello world\nab")
        other = self.peer.receive(channel).id
        self.assertEqual([self.peer.receive(channel) for _ in range(2)], ["closed", "mode"])
        self.assertEqual(self.peer.receive(other), "x")
        self.assertIsNone(self.peer.closed(other))

    def test_read(self):
        channel = self.peer.python("""
            file = channel.makefile("r")
            channel.send([file.read(1), file.read(4), file.readline(), file.readline(), file.read(3), file.readline(),
                          file.readline(), file.read(5), file.read()])
        """)
        for text in ("ab", "cdef", "g\nsecond", " line\nxyz", "last"):
            self.peer.send(channel, text)
        self.peer.frame(END, channel)
        self.assertEqual(self.peer.receive(channel), ["a", "bcde", "fg\n", "second line\n", "xyz", "last", "", "", ""])

    def test_read_bytes_and_lines(self):
        channel = self.peer.python(
            "file = channel.makefile('r')\nchannel.send(file.read(3), list(iter(file.readline, b'')))")
        for data in (b"ab", b"c\n", b"d"):
            self.peer.send(channel, data)
        self.peer.frame(END, channel)
        self.assertEqual([self.peer.receive(channel) for _ in range(2)], [b"abc", [b"\n", b"d"]])


class GatewayTests(AgentTest):
    def test_what_far_code_sees(self):
        channel = self.peer.python(
            "channel.send((channel.id, channel.gateway.id, repr(channel), repr(channel.gateway)))")
        self.assertEqual(self.peer.receive(channel), (
            channel, "gw0", "<Channel id=%d open>" % channel, "<Gateway id='gw0'>"))

    def test_far_code_finds_the_agents_types(self):
        channel = self.peer.python("""
            from __execnet_agent__ import Channel, RemoteError, Tagged, execnet_log_handler
            channel.send(isinstance(channel, Channel), channel.RemoteError is RemoteError)
            channel.send(Tagged(99, "x"))
        """)
        self.assertEqual([self.peer.receive(channel) for _ in range(2)], [True, True])
        self.assertEqual(self.peer.receive(channel)[:], (99, "x"))


if __name__ == "__main__":
    unittest.main()
