# ===----------------------------------------------------------------------===
# Execnet for Swift
# SPDX-License-Identifier: Apache-2.0
# ===----------------------------------------------------------------------===
"""Programs: how Python and shell programs run, fail, are refused and are cancelled."""

import linecache
import os
import signal
import tempfile
import threading
import time
import unittest

from support import (
    BINDINGS, CLOSE, END, ITEM, LOG, PING, PONG, PYTHON, TERMINATE, AgentTest, Reference, agent, alive, encode, gone)


class PythonTests(AgentTest):
    def failure(self, source, **more):
        channel = self.peer.open(dict({"kind": "python", "source": source, "file": "/src/far.py", "line": 10}, **more))
        error = self.peer.closed(channel)
        self.assertEqual(set(error), {"kind", "type", "message", "trace"})
        return error

    def test_globals(self):
        item = self.run_python("channel.send((__name__, sorted(set(globals()) - {'__builtins__'}), x))", x=[1])
        self.assertEqual(item[0], "__channelexec__")
        self.assertEqual(item[1], ["__loader__", "__name__", "channel", "x"])
        self.assertEqual(item[2], [1])

    def test_arguments_do_not_replace_the_channel(self):
        self.assertEqual(self.run_python("channel.send(__name__)", channel=1, __name__="x"), "__channelexec__")

    def test_indented_source(self):
        for source in ("    channel.send(1)\n\n    if True:\n        channel.send(2)\n",
                       "\tchannel.send(1)\n\tchannel.send(2)",
                       "  \n  channel.send(1)\n \n  channel.send(2)\n  ", "  channel.send(1)\r\n  channel.send(2)\r\n"):
            channel = self.peer.open({"kind": "python", "source": source})
            self.assertEqual([self.peer.receive(channel) for _ in range(2)], [1, 2])
            self.assertIsNone(self.peer.closed(channel))

    def test_traceback_shows_file_line_and_source(self):
        error = self.failure("    def far():\n        return undefined_symbol\n\n    far()\n")
        self.assertEqual((error["kind"], error["type"]), ("failed", "NameError"))
        self.assertEqual(error["message"], "name 'undefined_symbol' is not defined")
        lines = [line for line in error["trace"].split("\n") if not set(line.strip()) <= set("^~")]
        self.assertEqual(lines, [
            "Traceback (most recent call last):", '  File "/src/far.py", line 13, in <module>', "    far()",
            '  File "/src/far.py", line 11, in far', "    return undefined_symbol",
            "NameError: name 'undefined_symbol' is not defined"])

    def test_traceback_of_a_program_without_a_file(self):
        trace = self.failure("\n1/0", file="", line=1)["trace"]
        self.assertRegex(trace, 'File "<program [0-9]+>", line 2, in <module>\n    1/0\n')

    def test_traceback_made_by_far_code_shows_its_source(self):
        channel = self.peer.python(
            "import traceback\ntry:\n    1/0\nexcept Exception: channel.send(traceback.format_exc())")
        self.assertIn('File "far.py", line 3, in <module>\n    1/0\n', self.peer.receive(channel))

    def test_frames_of_the_agent_are_left_out_and_chains_kept(self):
        error = self.failure(
            "try:\n    channel.send(object())\nexcept TypeError:\n    raise KeyError('k') from ValueError('v')")
        self.assertNotIn("put_other", error["trace"])
        self.assertIn("ValueError: v\n\nThe above exception was the direct cause", error["trace"])
        self.assertEqual((error["type"], error["message"]), ("KeyError", "'k'"))
        error = self.failure("try:\n    channel.send(object())\nexcept TypeError:\n    1/0")
        self.assertIn("can't serialize <class 'object'>\n\nDuring handling", error["trace"])
        self.assertNotIn("in send", error["trace"])

    def test_what_cannot_be_serialized(self):
        error = self.failure("channel.send(object())")
        self.assertEqual((error["type"], error["message"]), ("TypeError", "can't serialize <class 'object'>"))

    def test_sources_are_not_kept(self):
        for _ in range(3):
            self.failure("1/0", file="")
        self.assertEqual(self.run_python("""
            import linecache
            channel.send([name for name in linecache.cache if name.startswith("<program")])
        """), [])

    def test_items_come_before_the_error(self):
        channel = self.peer.python("channel.send(1)\nchannel.send(bytes(100000))\nraise RuntimeError('after')")
        self.assertEqual(self.peer.receive(channel), 1)
        self.assertEqual(self.peer.receive(channel), bytes(100000))
        self.assertEqual(self.peer.closed(channel)["message"], "after")

    def test_syntax_error(self):
        error = self.failure("x = 1\ndef broken(:\n    pass")
        self.assertEqual(error["type"], "SyntaxError")
        self.assertTrue(error["trace"].startswith("Traceback (most recent call last):\n"))
        self.assertIn('File "/src/far.py", line 11', error["trace"])
        self.assertIn("def broken(:", error["trace"])
        self.assertEqual(self.failure("x = '\0'")["kind"], "failed")
        self.assertEqual(self.run_python("channel.send(1)"), 1)

    def test_type_of_the_error_is_qualified(self):
        self.assertEqual(self.failure("import json; json.loads('{')")["type"], "json.decoder.JSONDecodeError")
        self.assertEqual(self.failure("class Own(Exception): pass\nraise Own('x')")["type"], "__channelexec__.Own")

    def test_exits_and_interrupts_are_reported(self):
        self.assertEqual(self.failure("import sys; sys.exit(3)")["type"], "SystemExit")
        self.assertEqual(self.failure("raise SystemExit")["type"], "SystemExit")
        self.assertEqual(self.failure("raise KeyboardInterrupt")["type"], "KeyboardInterrupt")
        self.assertEqual(self.failure("class Own(BaseException): pass\nraise Own")["kind"], "failed")

    def test_end_of_the_channel_is_a_clean_end(self):
        channel = self.peer.python("channel.receive()")
        self.peer.frame(END, channel)
        self.assertIsNone(self.peer.closed(channel))
        self.assertEqual(self.failure("raise EOFError('own')")["type"], "EOFError")
        self.assertEqual(self.failure("input()")["type"], "EOFError")

    def test_errors_that_resist_being_told(self):
        error = self.failure("class Own(Exception):\n    def __str__(self): raise ValueError\nraise Own")
        self.assertEqual(error["type"], "__channelexec__.Own")
        self.assertEqual(self.failure("raise ValueError('\\ud800')")["message"], "\\ud800")
        error = self.failure("raise ValueError('x' * 1000000)")
        self.assertLess(len(encode(error)), 65536)
        self.assertEqual(self.failure("def f(): f()\nf()")["type"], "RecursionError")
        self.assertEqual(self.failure("raise MemoryError")["type"], "MemoryError")

    def test_refused(self):
        for program in ({"kind": "closure"}, {"kind": "call"}, {"kind": "task"}, {"kind": "service"}):
            error = self.peer.closed(self.peer.open(program))
            self.assertEqual(error["kind"], "refused")
            self.assertIn("Python agent", error["message"])
        for program in ({}, {"kind": "other"}, {"kind": []}, {"kind": "python"}, {"kind": "python", "source": 1},
                        {"kind": "python", "source": "", "line": 10**12},
                        {"kind": "python", "source": "", "arguments": [1]},
                        {"kind": "python", "source": "", "arguments": {1: 2}}, {"kind": "shell"},
                        {"kind": "shell", "script": "", "arguments": [1]}, {"kind": "shell", "script": "\0"},
                        {"kind": "python", "source": "", "arguments": {"x": Reference(99)}}):
            self.assertEqual(self.peer.closed(self.peer.open(program))["kind"], "refused", program)
        self.assertEqual(self.peer.query(), {"channels": 0, "executing": 0})

    def test_malformed_open_harms_its_channel_only(self):
        channel = self.peer.next
        self.peer.next += 2
        self.peer.frame(16, channel, b"\xff")
        self.assertEqual(self.peer.closed(channel)["kind"], "refused")
        self.assertEqual(self.run_python("channel.send(1)"), 1)

    def test_two_run_at_once_and_end_in_the_opposite_order(self):
        first = self.peer.python("channel.send(channel.receive())")
        second = self.peer.python("channel.send(channel.receive())")
        self.assertEqual(self.peer.query()["executing"], 2)
        for channel in (second, first):
            self.peer.send(channel, channel)
            self.assertEqual(self.peer.receive(channel), channel)
            self.assertIsNone(self.peer.closed(channel))

    def test_threads_are_used_again(self):
        names = {self.run_python("import threading; channel.send(threading.current_thread().name)") for _ in range(20)}
        self.assertLess(len(names), 4)
        many = [self.peer.python("channel.receive()") for _ in range(50)]
        self.assertEqual(self.peer.query()["executing"], 50)
        for channel in many:
            self.peer.send(channel, 1)
            self.assertIsNone(self.peer.closed(channel))
        self.assertLess(self.run_python("import threading; channel.send(threading.active_count())"), 60)

    def test_output_goes_to_standard_error(self):
        self.assertEqual(self.run_python("""
            import os, sys
            print("printed \\u20ac", end="")
            os.write(1, b" written ")
            os.system("echo child; cat")
            sys.stderr.write("error\\n")
            channel.send((sys.stdin.read(), os.read(0, 1)))
        """), ("", b""))
        errors = self.peer.errors()
        for text in ("printed \u20ac", "written", "child\n", "error\n"):
            self.assertIn(text, errors)

    def test_children_do_not_inherit_the_link(self):
        listing = self.run_python("""
            import subprocess, sys
            code = '''
            import os
            for name in os.listdir("/proc/self/fd"):
                if int(name) > 2 and os.path.lexists("/proc/self/fd/" + name): print(os.readlink("/proc/self/fd/" + name))
            '''
            code = code.replace("\\n            ", "\\n")
            run = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, close_fds=False, check=True)
            channel.send(run.stdout.decode())
        """)
        self.assertNotIn("socket", listing)
        self.assertNotIn("pipe", listing)

    def test_forked_child_cannot_use_the_link_and_goes_away(self):
        channel = self.peer.python("""
            import os, time
            child = os.fork()
            if child == 0:
                try: channel.send("from the child")
                except OSError: pass
            else:
                channel.send(child)
                channel.send(os.waitpid(child, 0)[1])
        """)
        child = self.peer.receive(channel)
        self.assertEqual(self.peer.receive(channel), 0)
        self.assertIsNone(self.peer.closed(channel))
        self.assertFalse(alive(child))

    def test_waiting_for_all_children_ends(self):
        self.assertEqual(self.run_python("""
            import os
            if os.fork() == 0: os._exit(7)
            statuses = []
            try:
                while True: statuses.append(os.wait()[1] >> 8)
            except ChildProcessError: channel.send(statuses)
        """), [7])

    def test_warnings_inside_programs(self):
        self.assertEqual(self.run_python("""
            import warnings
            warnings.simplefilter("always")
            warnings.warn("look here")
            channel.send(1)
        """), 1)
        self.assertIn("look here", self.peer.errors())
        self.assertNotIn("__spec__", self.peer.errors())

    def test_logging(self):
        channel = self.peer.python("""
            import logging
            from __execnet_agent__ import execnet_log_handler
            logging.getLogger("a.b").addHandler(channel.gateway.log_handler())
            logging.getLogger("a.b").warning("number %d", 5)
            logging.getLogger("c").addHandler(execnet_log_handler(logging.ERROR))
            logging.getLogger("c").warning("not this")
            logging.getLogger("c").error("x" * 1000000)
            channel.send(1)
        """)
        first, second = self.peer.expect(LOG).value, self.peer.expect(LOG).value
        self.assertEqual((first["level"], first["label"], first["message"]), ("warning", "a.b", "number 5"))
        self.assertEqual(first["metadata"], {"file": "far.py", "line": "5"})
        self.assertEqual((second["level"], second["label"]), ("error", "c"))
        self.peer.receive(channel)
        self.quiet()

    def test_nothing_on_standard_error_in_normal_life(self):
        self.run_python("channel.send(1)")
        self.peer.closed(self.peer.python("1/0"))
        channel = self.peer.python("while True: pass")
        self.peer.close(channel)
        self.peer.expect(CLOSE, channel)
        self.peer.closed(self.peer.shell("exit 3"))
        self.peer.say(TERMINATE, 0, 1000)
        self.assertEqual(self.peer.wait(), 0)
        self.quiet()


class CancelTests(AgentTest):
    def ends(self):
        while self.peer.query()["executing"]:
            pass

    def cancelled(self, source, ready=True):
        """Closes the channel of a program that has sent one item; returns when it has ended."""
        channel = self.peer.python(source)
        if ready:
            self.peer.receive(channel)
        self.peer.close(channel)
        self.assertIsNone(self.peer.expect(CLOSE, channel).value)
        self.ends()

    def test_pure_python_loop(self):
        self.cancelled("channel.send(1)\nwhile True: pass")

    def test_loop_that_catches_exceptions(self):
        self.cancelled("channel.send(1)\nwhile True:\n    try: 1/0\n    except Exception: pass")

    def test_before_it_began(self):
        for _ in range(20):
            self.cancelled("while True: pass", ready=False)

    def test_blocked_operations(self):
        for operation in ("channel.receive()", "channel.get('x')", "channel.send(bytes(10000000))",
                          "channel.waitclose()", "for item in channel: pass", "other.receive()", "other.get('x')", "other.waitclose()",
                          "other.send(bytes(10000000))"):
            self.cancelled("other = channel.gateway.newchannel()\nother.send(1)\nchannel.send(1)\n%s" % operation)

    def test_sending_for_ever(self):
        channel = self.peer.python("while True: channel.send(bytes(1000))")
        self.peer.give(channel, 1 << 39)
        self.peer.expect(ITEM, channel)
        self.peer.close(channel)
        self.peer.expect(CLOSE, channel)
        self.ends()

    def test_using_other_channels_for_ever(self):
        channel = self.peer.python("""
            other = channel.gateway.newchannel()
            channel.send(other)
            while True: other.send(b"x" * 100); other.set(a=1)
        """)
        other = self.peer.receive(channel).id
        self.peer.give(other, 1 << 39)
        self.peer.close(channel)
        self.peer.expect(CLOSE, channel)
        self.ends()
        for _ in range(3):  # what it sent is whole, and the channel still works
            self.peer.frame(PING)
            self.peer.expect(PONG)
        self.peer.close(other)
        self.assertIsNone(self.peer.expect(CLOSE, other).value)

    def test_what_ends_by_itself_is_left_in_peace(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "done")
            self.cancelled("""
                import time, os
                channel.send(1)
                try: channel.receive()
                except EOFError:
                    time.sleep(0.1)
                    for _ in range(1000): pass
                    open(%r, "w").close()
            """ % path)
            self.assertTrue(os.path.exists(path))

    def test_the_next_program_on_the_thread_is_not_hit(self):
        for turn in range(60):
            channel = self.peer.python("channel.send(1)\nfor _ in range(%d): pass" % (turn * 300))
            self.peer.receive(channel)
            self.peer.close(channel)
            following = self.peer.python("for turn in range(20): channel.send(sum(range(500)))")
            for _ in range(20):
                self.assertEqual(self.peer.receive(following), 124750)
            self.assertIsNone(self.peer.closed(following))
            self.peer.drop(CLOSE)

    def test_frames_stay_whole_under_cancellation(self):
        """Programs are cancelled while they send; every frame on the link is still parsed (Peer.read checks)."""
        for turn in range(40):
            channel = self.peer.python("""
                others = [channel.gateway.newchannel() for _ in range(3)]
                channel.send(others)
                while True:
                    for other in others: other.send(bytes(3000), timeout=0.001)
            """)
            others = [reference.id for reference in self.peer.receive(channel)]
            for other in others:
                self.peer.give(other, 1 << 20)
            self.peer.expect(ITEM, others[turn % 3])
            self.peer.close(channel)
            self.peer.expect(CLOSE, channel)
            self.ends()
            for other in others:
                self.peer.close(other)
                self.peer.expect(CLOSE, other)
            self.peer.frames = []
        self.assertEqual(self.peer.query(), {"channels": 0, "executing": 0})

    def test_cancelled_by_terminate_is_told(self):
        channel = self.peer.python("channel.receive()")
        busy = self.peer.python("while True: pass")
        self.peer.say(TERMINATE, 0, 5000)
        self.assertEqual(self.peer.expect(CLOSE, busy).value["kind"], "cancelled")
        error = self.peer.expect(CLOSE, channel).value
        self.assertTrue(error is None or error["kind"] == "cancelled")
        self.assertEqual(self.peer.wait(), 0)

    def test_programs_may_say_goodbye_when_terminated(self):
        channel = self.peer.python("""
            channel.send("ready")
            try: channel.receive()
            except EOFError: channel.send("saved")
        """)
        self.peer.receive(channel)
        self.peer.say(TERMINATE, 0, 5000)
        self.assertEqual(self.peer.receive(channel), "saved")
        self.assertEqual(self.peer.wait(), 0)

    def test_nothing_starts_after_terminate(self):
        self.peer.python("import time\ntry: channel.receive()\nfinally: time.sleep(0.3)")
        self.peer.say(TERMINATE, 0, 5000)
        late = self.peer.python("channel.send(1)")
        self.assertEqual(self.peer.expect(CLOSE, late).value["kind"], "refused")


class SerialTests(AgentTest):
    hello = {"serial": True}

    def test_always_on_the_main_thread(self):
        source = "import threading; channel.send(threading.current_thread() is threading.main_thread())"
        for _ in range(3):
            self.assertTrue(self.run_python(source))

    def test_signals_can_be_handled(self):
        self.assertEqual(self.run_python("""
            import os, signal
            seen = []
            signal.signal(signal.SIGUSR1, lambda *_: seen.append(1))
            os.kill(os.getpid(), signal.SIGUSR1)
            while not seen: pass
            channel.send(seen)
        """), [1])

    def test_second_is_refused_at_once_with_a_reason(self):
        first = self.peer.python("channel.receive()")
        for program in ({"kind": "python", "source": "pass"}, {"kind": "shell", "script": "true"}):
            error = self.peer.closed(self.peer.open(program))
            self.assertEqual(error["kind"], "refused")
            self.assertIn("one at a time", error["message"])
        self.peer.send(first, 1)
        self.assertIsNone(self.peer.closed(first))
        self.assertEqual(self.run_python("channel.send(2)"), 2)

    def test_cancel_and_failures(self):
        channel = self.peer.python("channel.send(1)\nwhile True: pass")
        self.peer.receive(channel)
        self.peer.close(channel)
        self.peer.expect(CLOSE, channel)
        while self.peer.query()["executing"]:
            pass
        self.assertEqual(self.peer.closed(self.peer.python("1/0"))["type"], "ZeroDivisionError")
        self.assertEqual(self.peer.closed(self.peer.shell("exit 5"))["message"], "exit status 5")
        self.assertEqual(self.run_python("channel.send(3)"), 3)

    def test_interrupt(self):
        channel = self.peer.python("import time\nchannel.send(1)\ntime.sleep(100)")
        self.peer.receive(channel)
        os.kill(self.peer.process.pid, signal.SIGINT)
        self.assertEqual(self.peer.closed(channel)["type"], "KeyboardInterrupt")
        self.assertEqual(self.run_python("channel.send(2)"), 2)


class ShellTests(AgentTest):
    def lines(self, channel, count):
        return [self.peer.receive(channel) for _ in range(count)]

    def test_lines_and_arguments(self):
        channel = self.peer.shell('echo "$0:$1:$2:$#"; printf "a\\n\\nlast"', "one", "t w o")
        self.assertEqual(self.lines(channel, 4), ["sh:one:t w o:2", "a", "", "last"])
        self.assertIsNone(self.peer.closed(channel))

    def test_lines_that_are_no_text_are_bytes(self):
        channel = self.peer.shell("printf 'a\\377b\\n'; echo \u00e9")
        self.assertEqual(self.lines(channel, 2), [b"a\xffb", "\u00e9"])

    def test_items_are_input_and_end_closes_it(self):
        channel = self.peer.shell("cat; echo done")
        self.peer.send(channel, "te")
        self.peer.send(channel, b"xt\n")
        self.assertEqual(self.lines(channel, 1), ["text"])
        self.peer.send(channel, "\u20ac" * 50000 + "\nend")
        self.peer.frame(END, channel)
        self.assertEqual("".join(self.lines(channel, 3)), "\u20ac" * 50000)
        self.assertEqual(self.lines(channel, 1), ["enddone"])
        self.assertIsNone(self.peer.closed(channel))

    def test_what_is_left_behind_and_goes_on_printing_is_not_waited_for(self):
        # It is told by its pipe that nobody reads any more.
        channel = self.peer.shell("setsid yes & read line; exit 3")
        self.peer.give(channel, 1 << 30)
        self.assertEqual(self.lines(channel, 1), ["y"])
        self.peer.send(channel, "go\n")
        error = self.peer.closed(channel)
        self.assertIn("3", error["message"])

    def test_long_lines_are_split_between_characters(self):
        channel = self.peer.shell("head -c 200000 /dev/zero | tr '\\0' x; echo; cat")
        self.assertEqual([len(line) for line in self.lines(channel, 4)], [65536] * 3 + [200000 - 3 * 65536])
        for text in ("\u20ac" * 30000, "x" + "\U0001F600" * 30000, "\xe9" * 40000):
            self.peer.send(channel, text + "\n")
            received = ""
            while len(received) < len(text):
                piece = self.peer.receive(channel)
                self.assertIsInstance(piece, str)
                self.assertLessEqual(len(piece.encode()), 65536)
                received += piece
            self.assertEqual(received, text)

    def test_exit_status_and_signals(self):
        error = self.peer.closed(self.peer.shell("exit 3"))
        self.assertEqual(error, {"kind": "failed", "type": "ExitStatus", "message": "exit status 3", "trace": ""})
        error = self.peer.closed(self.peer.shell("kill -9 $$"))
        self.assertEqual(error["message"], "killed by signal 9 (SIGKILL)")
        channel = self.peer.shell("echo out; exit 1")
        self.assertEqual(self.lines(channel, 1), ["out"])
        self.assertEqual(self.peer.closed(channel)["message"], "exit status 1")

    def test_standard_error_passes(self):
        self.assertIsNone(self.peer.closed(self.peer.shell("echo oops >&2")))
        self.assertEqual(self.peer.errors(), "oops\n")

    def test_script_that_does_not_read_its_input(self):
        channel = self.peer.shell("exec 0<&-; echo started; read x <&1 2>/dev/null; sleep 0.1; exit 0")
        self.assertEqual(self.lines(channel, 1), ["started"])
        for _ in range(3):
            self.peer.send(channel, "ignored\n")
        self.assertIsNone(self.peer.closed(channel))

    def test_output_waits_for_credit(self):
        channel = self.peer.shell("yes | head -n 100000; echo done")
        for _ in range(100000):
            self.assertEqual(self.peer.receive(channel), "y")
        self.assertEqual(self.peer.receive(channel), "done")

    def test_closing_kills_the_process_group(self):
        channel = self.peer.shell("sleep 1000 & echo $! $$; wait")
        pids = [int(text) for text in self.peer.receive(channel).split()]
        self.assertTrue(all(alive(pid) for pid in pids))
        self.peer.close(channel)
        self.peer.expect(CLOSE, channel)
        self.assertTrue(all(gone(pid) for pid in pids))
        while self.peer.query()["executing"]:
            pass

    def test_closing_kills_what_ignores_the_polite_signal(self):
        channel = self.peer.shell("trap '' TERM; sh -c 'echo $$; exec sleep 1000' & echo $$; while :; do wait; done")
        pids = [int(self.peer.receive(channel)) for _ in range(2)]
        self.peer.close(channel)
        self.peer.expect(CLOSE, channel)
        self.assertTrue(all(gone(pid) for pid in pids))
        while self.peer.query()["executing"]:
            pass

    def test_background_process_that_keeps_the_output_open(self):
        channel = self.peer.shell("sleep 1000 & echo $!")
        pid = int(self.peer.receive(channel))
        self.assertIsNone(self.peer.closed(channel))
        self.assertTrue(alive(pid))
        self.peer.hang_up()
        self.assertEqual(self.peer.wait(), 0)
        self.assertTrue(gone(pid))

    def test_leftovers_are_reaped(self):
        self.run_python("import time; time.sleep(0.2); channel.send(1)")  # the agent adopts orphans from then on
        for _ in range(3):
            channel = self.peer.shell("exec 1<&-; sleep 0.01 & exit 0")
            self.assertIsNone(self.peer.closed(channel))
        deadline = time.monotonic() + 10
        while True:
            self.assertIsNone(self.peer.closed(self.peer.shell("true")))
            zombies = self.run_python("""
                import os
                states = []
                for name in os.listdir("/proc"):
                    if name.isdigit():
                        try:
                            with open("/proc/%s/stat" % name) as file: fields = file.read().rpartition(")")[2].split()
                        except OSError: continue
                        if int(fields[1]) == os.getpid(): states.append(fields[0])
                channel.send(states)
            """)
            if not zombies:
                break
            self.assertLess(time.monotonic(), deadline, zombies)

    def test_item_of_the_wrong_kind(self):
        channel = self.peer.shell("cat")
        self.peer.send(channel, 5)
        error = self.peer.closed(channel)
        self.assertEqual((error["kind"], error["type"]), ("failed", "TypeError"))
        while self.peer.query()["executing"]:
            pass

    def test_end_of_terminate_is_cancelled(self):
        channel = self.peer.shell("sleep 1000")
        self.peer.say(TERMINATE, 0, 5000)
        self.assertEqual(self.peer.expect(CLOSE, channel).value["kind"], "cancelled")
        self.assertEqual(self.peer.wait(), 0)


class QuotingTests(unittest.TestCase):
    def test_programs_of_one_file_are_quoted_one_at_a_time(self):
        seen = []

        def first():
            other = threading.Thread(target=agent.quoting, args=("recipe.py", "second", bool))
            other.start()
            other.join(0.1)
            seen.append((other.is_alive(), linecache.getline("recipe.py", 1)))
            return other

        other = agent.quoting("recipe.py", "first", first)
        other.join()
        self.assertEqual(seen, [(True, "first\n")])
        self.assertEqual(linecache.getline("recipe.py", 1), "second\n")

if __name__ == "__main__":
    unittest.main()
