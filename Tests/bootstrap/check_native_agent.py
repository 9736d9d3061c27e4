#!/usr/bin/env python3
# ===----------------------------------------------------------------------===
# Execnet for Swift
# SPDX-License-Identifier: Apache-2.0
# ===----------------------------------------------------------------------===
"""Checks the size of a native agent, and its memory while it is idle: `check_native_agent.py EXECUTABLE`."""

import os
import socket
import subprocess
import sys

from support import ANSWER, HEADER, HELLO, QUERY, encode

# Two fifths of it are the libraries for TLS, which a socket server on the agent's machine needs.
SIZE_LIMIT = 17 * 1000 * 1000
MEMORY_LIMIT = 15 * 1000 * 1000


def frame(kind, value):
    payload = encode(value)
    return HEADER.pack(len(payload), kind, 0, 0, 0) + payload


def expect(link, expected):
    while True:
        length, kind = HEADER.unpack(link.recv(16, socket.MSG_WAITALL))[:2]
        link.recv(length, socket.MSG_WAITALL)
        if kind == expected:
            return


def idle_memory(executable):
    """Resident bytes of an agent that has answered and has nothing to do."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            environment = dict(os.environ, EXECNET_AGENT="1", EXECNET_GATEWAY="check:check")
            agent = subprocess.Popen([executable], stdin=theirs, stdout=theirs, env=environment)
        ours.settimeout(20)
        ours.sendall(frame(HELLO, {"protocol": [1, 1], "build": "", "limits": {"item": 1 << 20}, "id": "check"}))
        expect(ours, HELLO)
        ours.sendall(frame(QUERY, [1, "status"]))
        expect(ours, ANSWER)
        with open("/proc/%d/status" % agent.pid) as file:
            lines = dict(line.split(":", 1) for line in file)
    agent.wait(20)
    return int(lines["VmRSS"].split()[0]) * 1024


def main(executable):
    size, memory = os.stat(executable).st_size, idle_memory(executable)
    print("%s: %.1f MB, %.1f MB resident when idle" % (os.path.basename(executable), size / 1e6, memory / 1e6))
    if size > SIZE_LIMIT or memory > MEMORY_LIMIT:
        sys.exit("At most %.0f MB and %.0f MB are allowed." % (SIZE_LIMIT / 1e6, MEMORY_LIMIT / 1e6))


if __name__ == "__main__":
    main(os.path.abspath(sys.argv[1]))
