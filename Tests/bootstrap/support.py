# ===----------------------------------------------------------------------===
# Execnet for Swift
# SPDX-License-Identifier: Apache-2.0
# ===----------------------------------------------------------------------===
"""A coordinator for tests: speaks the protocol to a real agent, started as the bootstrap starts it.

EXECNET_TEST_PYTHON names the interpreter of the agent (default: the one that runs the tests).
"""

import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import textwrap
import time
import unittest
import zlib

AGENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bootstrap", "agent.py")
PYTHON = os.environ.get("EXECNET_TEST_PYTHON") or sys.executable
TIMEOUT = 20.0

# A shell has its background jobs ignore this signal, and what they start inherits that; our own way of starting processes does not.
signal.signal(signal.SIGINT, signal.default_int_handler)

ONE_LINER = (
    "import os,zlib\n"
    "d=b''\n"
    "while len(d)<%d:\n"
    " c=os.read(0,%d-len(d))\n"
    " if not c:raise SystemExit(1)\n"
    " d+=c\n"
    "exec(zlib.decompress(d),{'__name__':'__execnet_agent__'})")

HEADER = struct.Struct(">IBBHQ")
HELLO, PING, PONG, QUERY, ANSWER, LOG, TERMINATE, GOODBYE = range(1, 9)
OPEN, ATTACH, ITEM, BINDINGS, END, CLOSE, CREDIT = range(16, 23)
NAMES = dict((value, name) for name, value in list(globals().items()) if name.isupper() and isinstance(value, int))
MORE, ABANDON = 1, 2
WINDOW = 262144


def load_agent():
    """The agent's source as a module, for its codec."""
    with open(AGENT, "rb") as file:
        source = file.read()
    module = type(sys)("agent")
    exec(compile(source, AGENT, "exec"), module.__dict__)
    return module


agent = load_agent()


class Reference:
    """A channel inside a value, as the coordinator sees it."""

    def __init__(self, id):
        self.id = id

    def __eq__(self, other):
        return isinstance(other, Reference) and other.id == self.id

    def __hash__(self):
        return hash(self.id)

    def __repr__(self):
        return "Reference(%d)" % self.id


agent.ENCODERS[Reference] = agent.put_channel


class References:
    """Stands for the link when values are decoded."""

    @staticmethod
    def mentioned(number):
        if type(number) is not int or number < 0:
            raise ValueError("%r is no channel" % (number,))
        return Reference(number)


def encode(value):
    return bytes(agent.encode(value))


def decode(payload):
    return agent.decode(payload, References)


class Frame:
    def __init__(self, kind, flags, channel, payload):
        self.kind, self.flags, self.channel, self.payload = kind, flags, channel, payload

    @property
    def value(self):
        return decode(self.payload) if self.payload else None

    def __repr__(self):
        return "<%s flags=%d channel=%d %r>" % (NAMES.get(self.kind), self.flags, self.channel, self.payload[:80])


class Ended(Exception):
    """The agent has ended the link."""


class Peer:
    """The coordinator's side of one link."""

    def __init__(self, hello=(), python=None, pipes=False, environment=None, start=True):
        self.sender = self.receiver = None
        source = open(AGENT, "rb")
        with source:
            image = zlib.compress(source.read(), 9)
        command = [python or PYTHON, "-u", "-c", ONE_LINER % (len(image), len(image))]
        self.stderr = tempfile.TemporaryFile()
        environment = dict(os.environ, **(environment or {}))
        if pipes:
            in_read, in_write = os.pipe()
            out_read, out_write = os.pipe()
            self.process = subprocess.Popen(command, stdin=in_read, stdout=out_write, stderr=self.stderr,
                                            env=environment)
            os.close(in_read)
            os.close(out_write)
            self.out, self.inp = in_write, out_read
            self.socket = None
        else:
            self.socket, theirs = socket.socketpair()
            self.process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=self.stderr, env=environment)
            theirs.close()
            self.out = self.inp = self.socket.fileno()
        self.data = b""
        self.frames = []
        self.next = 1
        self.credit = {}
        if start:
            self.write(image)
            self.say(HELLO, 0, dict({"protocol": [1, 1], "build": "", "limits": {"item": 1 << 30}, "id": "gw0",
                                     "serial": False}, **dict(hello)))
            self.hello = self.expect(HELLO).value
        else:
            self.image = image

    # -- bytes

    def write(self, data):
        view = memoryview(data)
        while view:
            view = view[os.write(self.out, view):]

    def fill(self, deadline):
        import select
        if not select.select([self.inp], [], [], max(0, deadline - time.monotonic()))[0]:
            raise AssertionError("the agent said nothing in time; waiting: %r\n%s" % (self.frames, self.errors()))
        try:
            data = os.read(self.inp, 1 << 20)
        except ConnectionError:
            data = b""
        if not data:
            raise Ended(self.errors())
        self.data += data

    def read(self, timeout=TIMEOUT):
        """The next frame from the link."""
        deadline = time.monotonic() + timeout
        while True:
            if len(self.data) >= 16:
                length, kind, flags, reserved, channel = HEADER.unpack_from(self.data)
                assert length <= 65536 and not reserved and flags < 3, (length, kind, flags, reserved, channel)
                if len(self.data) >= 16 + length:
                    payload, self.data = self.data[16:16 + length], self.data[16 + length:]
                    return Frame(kind, flags, channel, payload)
            self.fill(deadline)

    def expect(self, kind, channel=None, timeout=TIMEOUT):
        """The next frame of this kind (and channel); the others are kept for later."""
        for index, frame in enumerate(self.frames):
            if frame.kind == kind and channel in (None, frame.channel):
                return self.frames.pop(index)
        deadline = time.monotonic() + timeout
        while True:
            frame = self.read(max(0, deadline - time.monotonic()))
            if frame.kind == kind and channel in (None, frame.channel):
                return frame
            self.frames.append(frame)

    def drop(self, kind):
        self.frames = [frame for frame in self.frames if frame.kind != kind]

    # -- frames

    def frame(self, kind, channel=0, payload=b"", flags=0):
        self.write(HEADER.pack(len(payload), kind, flags, 0, channel) + payload)

    def say(self, kind, channel, value):
        self.frame(kind, channel, encode(value))

    def open(self, program):
        channel, self.next = self.next, self.next + 2
        self.say(OPEN, channel, program)
        return channel

    def python(self, source, **arguments):
        return self.open({"kind": "python", "source": textwrap.dedent(source), "file": "far.py", "line": 1,
                          "arguments": arguments})

    def shell(self, script, *arguments):
        return self.open({"kind": "shell", "script": script, "arguments": list(arguments)})

    def attach(self, beside):
        channel, self.next = self.next, self.next + 2
        self.say(ATTACH, channel, beside)
        return channel

    def send(self, channel, value):
        """One item in as many fragments as it needs, without regard to credit."""
        payload = encode(value)
        for start in range(0, len(payload), 65536):
            self.frame(ITEM, channel, payload[start:start + 65536], MORE if start + 65536 < len(payload) else 0)

    def receive(self, channel, timeout=TIMEOUT):
        """The next item of the channel; gives credit for it back."""
        parts = []
        while True:
            for index, frame in enumerate(self.frames):
                if frame.channel == channel and frame.kind in (ITEM, CLOSE):
                    self.frames.pop(index)
                    break
            else:
                while True:
                    frame = self.read(timeout)
                    if frame.channel == channel and frame.kind in (ITEM, CLOSE):
                        break
                    self.frames.append(frame)
            if frame.kind == CLOSE:
                self.frames.insert(0, frame)
                raise AssertionError("closed instead of an item: %r" % (frame.value,))
            parts.append(frame.payload)
            self.give(channel, len(frame.payload) + 64)
            if not frame.flags:
                return decode(b"".join(parts))

    def give(self, channel, count):
        try:
            self.frame(CREDIT, channel, struct.pack(">Q", count))
        except OSError:
            pass

    def close(self, channel, error=None):
        self.frame(CLOSE, channel, encode(error) if error else b"")

    def closed(self, channel, timeout=TIMEOUT):
        """Waits for the agent's close and answers it; the error."""
        error = self.expect(CLOSE, channel, timeout).value
        self.close(channel)
        return error

    def bindings(self, channel, timeout=TIMEOUT):
        return self.expect(BINDINGS, channel, timeout).value

    def query(self, what="status"):
        self.say(QUERY, 0, [7, what])
        number, answer = self.expect(ANSWER).value
        assert number == 7
        return answer

    def violate(self, kind, channel=0, payload=b"", flags=0):
        """Says something wrong; the code and message of the agent's goodbye."""
        self.frame(kind, channel, payload, flags)
        return self.parted()

    def parted(self):
        goodbye = self.expect(GOODBYE).value
        self.wait()
        return goodbye

    # -- processes

    def hang_up(self):
        if self.socket is not None:
            self.socket.close()
        else:
            os.close(self.out)
            os.close(self.inp)
        self.socket, self.out = None, -1

    def wait(self, timeout=TIMEOUT):
        return self.process.wait(timeout)

    def errors(self):
        self.stderr.seek(0)
        return self.stderr.read().decode("utf-8", "replace")

    def finish(self):
        """Ends the agent whatever state it is in."""
        if self.stderr.closed:
            return
        if self.out >= 0:
            self.hang_up()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError("the agent did not end when its link did")
        finally:
            self.stderr.close()


def alive(pid):
    """Whether there is such a process, other than as a zombie."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def gone(pid, timeout=TIMEOUT):
    """Waits until a process that is not our child has ended."""
    deadline = time.monotonic() + timeout
    while alive(pid):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


class AgentTest(unittest.TestCase):
    """A test with an agent: `self.peer`, started when it is first used."""

    hello = {}

    @property
    def peer(self):
        if getattr(self, "_peer", None) is None:
            self._peer = self.start(self.hello)
        return self._peer

    def start(self, *arguments, **options):
        peer = Peer(*arguments, **options)
        self.addCleanup(peer.finish)
        return peer

    def run_python(self, source, **arguments):
        """Runs a program that sends one item; the item."""
        channel = self.peer.python(source, **arguments)
        item = self.peer.receive(channel)
        self.assertIsNone(self.peer.closed(channel))
        return item

    def quiet(self):
        """The agent wrote nothing to standard error."""
        self.assertEqual(self.peer.errors(), "")
