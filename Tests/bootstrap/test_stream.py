# ===----------------------------------------------------------------------===
# Execnet for Swift
# SPDX-License-Identifier: Apache-2.0
# ===----------------------------------------------------------------------===
"""The program that joins a channel to a process or a connection."""

import os
import signal
import socket
import threading
import unittest

from support import AGENT, CLOSE, END, ITEM, AgentTest, Reference, gone

with open(os.path.join(os.path.dirname(AGENT), "stream.py")) as file:
    SOURCE = file.read()


class StreamTest(AgentTest):
    def stream(self, errors=True, **description):
        channel = self.peer.open(
            {"kind": "python", "source": SOURCE, "file": "<execnet stream>", "arguments": {"stream": description}})
        self.errors = self.peer.attach(channel) if errors else None
        self.peer.send(channel, Reference(self.errors) if errors else None)
        return channel

    def output(self, channel):
        """All bytes up to the end of the items."""
        self.peer.expect(END, channel)
        items = [frame for frame in self.peer.frames if frame.kind == ITEM and frame.channel == channel]
        self.peer.frames = [frame for frame in self.peer.frames if frame not in items]
        return b"".join(frame.value for frame in items)

    def diagnostics(self):
        data = b""
        while True:
            item = self.peer.receive(self.errors)
            if isinstance(item, dict):
                return data, item
            data += item


class ProcessTests(StreamTest):
    def test_what_goes_in_comes_out(self):
        channel = self.stream(process=["cat"])
        self.peer.send(channel, b"\0\xff" * 1000)
        self.peer.frame(END, channel)
        self.assertEqual(self.output(channel), b"\0\xff" * 1000)
        self.assertEqual(self.diagnostics(), (b"", {"exit": 0}))
        self.assertIsNone(self.peer.closed(channel))

    def test_errors_and_status(self):
        for script, errors, status in (
                ("echo a >&2; exit 3", b"a\n", {"exit": 3}), ("exit 0", b"", {"exit": 0}),
                ("kill -9 $$", b"", {"signal": 9}), ("sleep 1000 & exit 4", b"", {"exit": 4})):
            for _ in range(10):
                channel = self.stream(process=["sh", "-c", script])
                self.assertEqual(self.diagnostics(), (errors, status))
                self.assertIsNone(self.peer.closed(channel))

    def test_what_is_left_behind_and_goes_on_printing_is_not_waited_for(self):
        channel = self.stream(process=["sh", "-c", "setsid yes >&2 & sleep 0.1; exit 4"])
        self.assertEqual(self.diagnostics()[1], {"exit": 4})
        self.assertIsNone(self.peer.closed(channel))

    def test_name_environment_and_directory(self):
        channel = self.stream(process=["name", "-c", 'echo "$0 $A $(pwd)"'], executable="sh", environment={"A": "b"},
                              directory="/")
        self.assertEqual(self.output(channel), b"name b /\n")

    def test_refusals(self):
        for process, text in ((["no-such-program"], "no-such-program"), (["/etc/passwd"], "ermission denied")):
            error = self.peer.closed(self.stream(process=process))
            self.assertEqual((error["kind"], error["type"]), ("refused", ""))
            self.assertIn(text, error["message"])

    def test_signals(self):
        channel = self.stream(process=["sleep", "1000"])
        self.peer.send(channel, int(signal.SIGTERM))
        self.assertEqual(self.diagnostics(), (b"", {"signal": signal.SIGTERM}))
        channel = self.stream(process=["sleep", "1000"])
        self.peer.send(self.errors, int(signal.SIGINT))
        self.assertEqual(self.diagnostics(), (b"", {"signal": signal.SIGINT}))

    def test_a_closed_channel_ends_the_process(self):
        for prepare in ("", "trap '' TERM; "):
            channel = self.stream(process=["sh", "-c", prepare + "echo $$; while :; do sleep 1; done"])
            pid = int(self.peer.receive(channel))
            self.peer.frame(CLOSE, channel)
            self.assertTrue(gone(pid))


class ConnectionTests(StreamTest):
    def test_bytes_pass_both_ways(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(1)
            channel = self.stream(errors=False, connect={"host": "localhost", "port": listener.getsockname()[1]})
            connection = listener.accept()[0]
        with connection:
            self.peer.send(channel, b"there")
            self.assertEqual(connection.recv(5, socket.MSG_WAITALL), b"there")
            connection.sendall(b"back")
            self.assertEqual(self.peer.receive(channel), b"back")
            self.peer.frame(END, channel)
            self.assertEqual(connection.recv(1), b"")
        self.assertIsNone(self.peer.closed(channel))

    def test_a_closed_channel_ends_the_connection(self):
        with socket.socket(socket.AF_UNIX) as listener:
            path = "\0execnet-%d" % os.getpid()
            listener.bind(path)
            listener.listen(1)
            channel = self.stream(errors=False, connect={"unix": path})
            with listener.accept()[0] as connection:
                self.peer.frame(CLOSE, channel)
                self.assertEqual(connection.recv(1), b"")

    def test_refusals(self):
        for target, text in (({"host": "127.0.0.1", "port": 1}, "127.0.0.1:1: Connection refused"),
                             ({"host": "nowhere.invalid", "port": 1}, "nowhere.invalid:1: the name could not"),
                             ({"host": "127.0.0.1", "port": 1 << 20}, "127.0.0.1:1048576"),
                             ({"unix": "/nowhere/s"}, "unix:/nowhere/s: No such file")):
            error = self.peer.closed(self.stream(errors=False, connect=target))
            self.assertEqual(error["kind"], "refused")
            self.assertIn(text, error["message"])


if __name__ == "__main__":
    unittest.main()
