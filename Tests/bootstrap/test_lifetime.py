# ===----------------------------------------------------------------------===
# Execnet for Swift
# SPDX-License-Identifier: Apache-2.0
# ===----------------------------------------------------------------------===
"""How an agent starts and how it ends: with its link, whatever its programs do, and with all that they started."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest
import zlib

from support import (
    AGENT, GOODBYE, HELLO, ITEM, PING, PONG, PYTHON, TERMINATE, AgentTest, Ended, Peer, alive, gone)

# A child that announces itself through a pipe and sleeps; PREPARE is replaced by what runs in it first.
SLEEPER = """
import os, signal, sys, time
PREPARE
print(os.getpid(), flush=True)
time.sleep(1000)
"""
CHILD = """
    import subprocess, sys
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    channel.send(int(child.stdout.readline()))
"""
IGNORE = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
HOLD_THE_INTERPRETER = """
    import ctypes
    channel.send(1)
    ctypes.PyDLL(None).sleep(1000)
"""


def descriptors(pid):
    return {os.readlink("/proc/%s/fd/%s" % (pid, name)) for name in os.listdir("/proc/%s/fd" % pid)}


def supervisors(pid):
    """The processes in sessions of their own that run the same command as the agent."""
    with open("/proc/%d/cmdline" % pid, "rb") as file:
        command = file.read()
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != pid:
            try:
                with open("/proc/%s/cmdline" % name, "rb") as file:
                    same = file.read() == command
                if same and os.getsid(int(name)) == int(name) and descriptors(name) & descriptors(pid):
                    found.append(int(name))
            except OSError:
                pass
    return found


class StartTests(AgentTest):
    def test_size(self):
        with open(AGENT, "rb") as file:
            size = len(zlib.compress(file.read(), 9))
        self.assertLessEqual(size, 20 * 1024)

    def test_runs_as_a_file_too(self):
        ours, theirs = socket.socketpair()
        process = subprocess.Popen([PYTHON, "-u", AGENT], stdin=theirs, stdout=theirs)
        theirs.close()
        ours.sendall(bytes.fromhex("0000000601000000" "0000000000000000") + b""[:0])
        ours.close()
        self.assertIn(process.wait(10), (0, 1))

    def test_descriptors(self):
        channel = self.peer.python("""
            import os
            names = {}
            for name in os.listdir("/proc/self/fd"):
                try: names[int(name)] = os.readlink("/proc/self/fd/" + name)
                except OSError: pass
            channel.send((names, [fd for fd in names if fd > 2 and os.get_inheritable(fd)]))
            import sys
            channel.send([(stream.fileno(), stream.line_buffering) for stream in (sys.stdout, sys.stderr)])
        """)
        names, inheritable = self.peer.receive(channel)
        self.assertEqual(names[0], "/dev/null")
        self.assertEqual(names[1], names[2])
        self.assertEqual(sum("socket" in name for name in names.values()), 2)
        self.assertEqual([fd for fd in inheritable if "socket" in names[fd] or "pipe" in names[fd]], [])
        self.assertEqual(self.peer.receive(channel), [(1, True), (2, True)])

    def test_leads_a_process_group(self):
        self.assertEqual(self.run_python("import os; channel.send(os.getpgrp())"), self.peer.process.pid)

    def test_few_modules_are_imported(self):
        modules = self.run_python("import sys; channel.send(sorted(sys.modules))")
        bare = subprocess.check_output([PYTHON, "-c", "import sys, threading; print(*sys.modules)"]).decode().split()
        for name in ("subprocess", "traceback", "linecache", "ctypes", "signal", "socket", "logging", "array"):
            if name not in bare:
                self.assertNotIn(name, modules)

    def test_closed_standard_error(self):
        ours, theirs = socket.socketpair()
        with open(AGENT, "rb") as file:
            code = "import os; os.close(2); exec(%r, {'__name__': '__execnet_agent__'})" % file.read()
        process = subprocess.Popen([PYTHON, "-c", code], stdin=theirs, stdout=theirs)
        theirs.close()
        peer = Peer.__new__(Peer)
        peer.socket, peer.process, peer.stderr = ours, process, tempfile.TemporaryFile()
        peer.inp = peer.out = ours.fileno()
        peer.data, peer.frames, peer.next = b"", [], 1
        self.addCleanup(peer.finish)
        peer.say(HELLO, 0, {"protocol": [1, 1]})
        channel = peer.python(
            "import os; print(1); channel.send([os.readlink('/proc/self/fd/%d' % fd) for fd in range(3)])")
        self.assertEqual(peer.receive(channel), ["/dev/null"] * 3)


class EndTests(AgentTest):
    def ends(self, peer=None, within=1.0, status=0):
        """Hangs up; the agent ends in time and leaves no supervisor."""
        peer = peer or self.peer
        watchers = supervisors(peer.process.pid)
        start = time.monotonic()
        peer.hang_up()
        self.assertEqual(peer.wait(), status)
        self.assertLess(time.monotonic() - start, within)
        for pid in watchers:
            self.assertTrue(gone(pid))

    def test_at_once_when_idle(self):
        self.ends()
        peer = self.start(pipes=True)
        self.ends(peer)

    def test_there_is_one_supervisor(self):
        self.peer.frame(PING)
        self.peer.expect(PONG)
        self.assertEqual(len(supervisors(self.peer.process.pid)), 1)

    def test_before_the_hello(self):
        peer = self.start(start=False)
        peer.write(peer.image)
        peer.expect(HELLO)
        self.ends(peer)

    def test_terminate_when_idle(self):
        start = time.monotonic()
        self.peer.say(TERMINATE, 0, 10000)
        self.assertEqual(self.peer.wait(), 0)
        self.assertLess(time.monotonic() - start, 1)
        with self.assertRaises(Ended):
            self.peer.expect(GOODBYE)

    def test_goodbye_of_the_coordinator(self):
        self.peer.say(GOODBYE, 0, {"code": "x", "message": "y"})
        self.assertEqual(self.peer.wait(), 0)

    def test_with_programs_of_every_sort(self):
        for source in ("channel.receive()", "while True: pass", "import time; channel.send(1); time.sleep(1000)",
                       "while True:\n    try: channel.receive()\n    except BaseException: pass",
                       "channel.send(bytes(10000000))",
                       "import threading; threading.Thread(target=threading.Event().wait).start()",
                       "import atexit, time; atexit.register(time.sleep, 1000); channel.receive()"):
            peer = self.start()
            peer.python(source)
            peer.query()
            self.ends(peer, within=2.5)

    def test_program_that_ignores_signals_and_exceptions(self):
        peer = self.start({"serial": True})
        channel = peer.python("""
            import signal
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
            channel.send(1)
            while True:
                try:
                    while True: pass
                except BaseException: pass
        """)
        peer.receive(channel)
        self.ends(peer, within=2.5)

    def test_terminate_with_a_program_that_goes_on(self):
        channel = self.peer.python("import time; channel.send(1); time.sleep(1000)")
        self.peer.receive(channel)
        start = time.monotonic()
        self.peer.say(TERMINATE, 0, 300)
        self.assertEqual(self.peer.wait(), 0)
        self.assertGreaterEqual(time.monotonic() - start, 0.29)
        self.assertLess(time.monotonic() - start, 1.5)

    def test_interpreter_held_for_ever(self):
        channel = self.peer.python(HOLD_THE_INTERPRETER)
        self.peer.receive(channel)
        self.ends(within=5, status=-signal.SIGKILL)

    def test_interpreter_held_for_ever_over_pipes(self):
        peer = self.start(pipes=True)
        channel = peer.python(HOLD_THE_INTERPRETER)
        peer.receive(channel)
        self.ends(peer, within=5, status=-signal.SIGKILL)

    def test_stopped_agent(self):
        pid = self.child()
        os.kill(self.peer.process.pid, signal.SIGSTOP)
        self.ends(within=5, status=-signal.SIGKILL)
        self.assertTrue(gone(pid))

    def child(self, prepare=""):
        return self.peer.receive(self.peer.python(CHILD, code=SLEEPER.replace("PREPARE", prepare)))

    def test_children_end_with_the_link(self):
        pids = [self.child(prepare) for prepare in (
            "", IGNORE, "os.setsid()", "os.setsid(); " + IGNORE, "os.setpgid(0, 0)")]
        self.ends(within=2.5)
        for pid in pids:
            self.assertTrue(gone(pid), pid)

    def test_grandchildren_in_sessions_of_their_own(self):
        pid = self.run_python("""
            import subprocess
            script = "setsid sh -c 'echo $$; exec sleep 1000' & wait"
            channel.send(int(subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE).stdout.readline()))
        """)
        self.assertTrue(alive(pid))
        self.peer.receive(self.peer.python(HOLD_THE_INTERPRETER))
        self.ends(within=5, status=-signal.SIGKILL)
        self.assertTrue(gone(pid))

    def test_orphans_of_the_first_program(self):
        channel = self.peer.shell("setsid sleep 1000 >/dev/null & echo $!")
        pid = int(self.peer.receive(channel))
        self.peer.closed(channel)
        self.ends()
        self.assertTrue(gone(pid))

    def test_children_are_asked_first(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "asked")
            self.child("def asked(*_):\n    open(%r, 'w').close()\n    sys.exit()\n"
                       "signal.signal(signal.SIGTERM, asked)" % path)
            self.ends()
            self.assertTrue(os.path.exists(path))

    def test_children_of_programs_that_have_ended(self):
        channel = self.peer.python(CHILD, code=SLEEPER.replace("PREPARE", ""))
        pid = self.peer.receive(channel)
        self.peer.closed(channel)
        self.assertTrue(alive(pid))
        self.peer.say(TERMINATE, 0, 1000)
        self.assertEqual(self.peer.wait(), 0)
        self.assertTrue(gone(pid))

    def test_orphans_of_children(self):
        if not sys.platform.startswith("linux"):
            self.skipTest("needs PR_SET_CHILD_SUBREAPER")
        pid = self.run_python("""
            import subprocess, time
            time.sleep(0.2)  # the agent adopts orphans soon after its first program has begun
            script = "setsid sh -c 'echo $$; exec sleep 1000' & exit"
            process = subprocess.Popen(["sh", "-c", script], stdout=subprocess.PIPE)
            pid = int(process.stdout.readline())
            process.wait()
            channel.send(pid)
        """)
        self.assertTrue(alive(pid))
        self.ends()
        self.assertTrue(gone(pid))

    def test_children_of_a_killed_agent(self):
        pids = [self.child(), self.child(IGNORE)]
        shell = self.peer.shell("sleep 1000 & echo $! $$; wait")
        pids += [int(text) for text in self.peer.receive(shell).split()]
        watchers = supervisors(self.peer.process.pid)
        self.assertEqual(len(watchers), 1)
        self.peer.process.kill()
        for pid in pids + watchers:
            self.assertTrue(gone(pid), pid)
        with self.assertRaises(Ended):
            while True:
                self.peer.read()

    def test_children_of_an_agent_that_exits(self):
        pid = self.child()
        self.peer.python("import os; os._exit(5)")
        with self.assertRaises(Ended):
            while True:
                self.peer.read()
        self.assertEqual(self.peer.wait(), 5)
        self.assertTrue(gone(pid))

    def test_children_when_the_interpreter_is_held(self):
        pids = [self.child(), self.child("os.setsid(); " + IGNORE)]
        self.peer.receive(self.peer.python(HOLD_THE_INTERPRETER))
        self.ends(within=5, status=-signal.SIGKILL)
        for pid in pids:
            self.assertTrue(gone(pid))

    def test_forked_child_does_not_hold_the_link(self):
        channel = self.peer.python("""
            import os, time
            if os.fork() == 0:
                os.setsid()
                time.sleep(3)
                os._exit(0)
            channel.send(1)
        """)
        self.peer.receive(channel)
        start = time.monotonic()
        self.peer.process.kill()
        with self.assertRaises(Ended):
            while True:
                self.peer.read()
        self.assertLess(time.monotonic() - start, 2)

    def test_long_grace_is_kept_by_the_supervisor(self):
        """Terminate named more time than the supervisor gives: the link's end does not cut it short."""
        channel = self.peer.python("""
            import time
            channel.send(1)
            try: channel.receive()
            except EOFError: time.sleep(3.5)
            import os
            os._exit(9)
        """)
        self.peer.receive(channel)
        self.peer.say(TERMINATE, 0, 20000)
        self.peer.hang_up()
        self.assertEqual(self.peer.wait(), 9)

    def test_supervisor_killed_does_no_harm(self):
        self.peer.frame(PING)
        self.peer.expect(PONG)
        for pid in supervisors(self.peer.process.pid):
            os.kill(pid, signal.SIGKILL)
            self.assertTrue(gone(pid))
        shell = self.peer.shell("echo 1")
        self.assertEqual(self.peer.receive(shell), "1")
        self.ends()

    def test_half_closed_link(self):
        """The coordinator has closed its sending direction: that is the link's end."""
        self.peer.python("channel.receive()")
        self.peer.socket.shutdown(socket.SHUT_WR)
        self.assertEqual(self.peer.wait(), 0)

    def test_lost_output_of_a_pipe_pair(self):
        peer = self.start(pipes=True)
        os.close(peer.inp)
        channel = peer.python("channel.send(1)\nimport time\ntime.sleep(1000)")
        self.assertEqual(peer.wait(), 0)
        peer.inp = os.open(os.devnull, os.O_RDONLY)
        self.assertEqual(channel, 1)

    def test_output_of_the_last_moment_is_shown(self):
        self.peer.python("print('partial', end='')\nchannel.send(1)\nchannel.receive()")
        self.peer.expect(ITEM)
        self.peer.hang_up()
        self.peer.wait()
        self.assertEqual(self.peer.errors(), "partial")


if __name__ == "__main__":
    unittest.main()
