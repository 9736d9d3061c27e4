# ===----------------------------------------------------------------------===
# Execnet for Swift
# SPDX-License-Identifier: Apache-2.0
# ===----------------------------------------------------------------------===
"""A program for the Python agent: what a native agent runs as a program of the kind `stream`.

It joins `channel` to a process or a connection, byte by byte. `stream` is the open map of a native agent, but for the channel of the errors, which is
the first item. CPython 3.6 and later.
"""

import errno
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import termios
import threading

CHUNK = 65533  # bytes that go into one frame, with their head
PATIENCE = 1.5  # seconds for a process to end when its input has
GRACE = 1.0  # seconds for it to end when it was asked to
CONNECT = 10  # seconds for one address


class Refused(Exception):
    """The process or the connection cannot be made. Of connections the kind is one of those of Connector.Failure.Kind."""

    def __init__(self, message, kind=""):
        Exception.__init__(self, message)
        self.kind = kind


def start(function, *arguments):
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread


def copy(source, target, done):
    """Sends what a descriptor gives, up to its end, or what there is of it once `done` is readable, even if others go on writing."""
    poll = select.poll()
    for descriptor in (source, done):
        if descriptor is not None:
            poll.register(descriptor, select.POLLIN)
    try:
        left = None
        while left != 0:
            if left is None and any(descriptor == done for descriptor, _ in poll.poll()):
                left = struct.unpack("i", fcntl.ioctl(source, termios.FIONREAD, bytes(4)))[0]
                continue
            data = os.read(source, min(CHUNK, left or CHUNK))
            if not data:
                return
            target.send(data)
            left = left and left - len(data)
    except (OSError, EOFError):
        pass


def feed(link, on_signal):
    """Writes what comes on the channel."""
    try:
        for item in channel:
            if isinstance(item, bytes):
                link.sendall(item)
            elif type(item) is int:
                on_signal(item)
    except Exception:
        pass
    finally:
        shut(link, socket.SHUT_WR)


def shut(link, how):
    try:
        link.shutdown(how)
    except OSError:
        pass


def until_closed():
    with channel._link.lock:
        channel._wait(channel.isclosed)


def run_process():
    errors = stream.get("errors")
    environment = dict(os.environ, **(stream.get("environment") or {}))
    executable = find(stream.get("executable") or stream["process"][0], environment)
    ours, theirs = socket.socketpair()
    try:
        process = subprocess.Popen(
            stream["process"], executable=executable,
            stdin=theirs, stdout=theirs, stderr=subprocess.PIPE if errors else None, env=environment,
            cwd=stream.get("directory"), start_new_session=True)
    except (OSError, ValueError) as error:
        ours.close()
        raise Refused(str(error))
    finally:
        theirs.close()

    def tell(number):
        try:
            os.killpg(process.pid, number)
        except OSError:
            pass

    def take_signals():
        try:
            for item in errors:
                if type(item) is int and process.returncode is None:
                    tell(item)
        except Exception:
            pass

    def end():
        until_closed()
        shut(ours, socket.SHUT_RDWR)
        for number, patience in ((signal.SIGTERM, PATIENCE), (signal.SIGKILL, GRACE)):
            if not ended.wait(patience):
                tell(number)
        ended.wait()
        if errors:
            threading.Event().wait(0.1)
            errors.close()

    ended = threading.Event()
    done, tell_done = os.pipe()
    start(feed, ours, tell)
    start(end)
    if errors:
        start(take_signals)
    output = start(finish_after, copy, ours.fileno(), channel, done)
    diagnostics = start(copy, process.stderr.fileno(), errors, done) if errors else None
    status = process.wait()
    tell(signal.SIGKILL)
    ended.set()
    os.close(tell_done)
    output.join()
    if diagnostics:
        diagnostics.join()
        try:
            errors.send({"signal": -status} if status < 0 else {"exit": status})
        except (OSError, EOFError):
            pass
        errors.close()
        process.stderr.close()
    os.close(done)
    # The thread that feeds it may wait for items still.
    shut(ours, socket.SHUT_RDWR)
    ours.close()


def find(name, environment):
    """The executable; subprocess would search for it with the agent's own PATH."""
    if "/" in name:
        return name
    for folder in os.get_exec_path(environment):
        path = os.path.join(folder or ".", name)
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return path
    raise Refused('there is no executable "%s"' % name)


def finish_after(function, *arguments):
    function(*arguments)
    try:
        channel.end()
    except OSError:
        pass


def run_connection(target):
    link = connect(target)

    def end():
        until_closed()
        shut(link, socket.SHUT_RDWR)

    start(end)
    feeder = start(feed, link, lambda number: None)
    finish_after(copy, link.fileno(), channel, None)
    feeder.join()
    link.close()


def connect(target):
    name = "unix:%s" % target["unix"] if "unix" in target else (
        "[%s]:%d" if ":" in target["host"] else "%s:%d") % (target["host"], target["port"])
    try:
        if "unix" in target:
            link = socket.socket(socket.AF_UNIX)
            try:
                link.connect(target["unix"])
                return link
            except OSError:
                link.close()
                raise
        link = socket.create_connection((target["host"], target["port"]), CONNECT)
        link.settimeout(None)
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return link
    except socket.gaierror as error:
        raise Refused("cannot connect to %s: the name could not be resolved: %s" % (name, error.strerror), "noAddress")
    except (OSError, OverflowError, UnicodeError) as error:
        raise Refused("cannot connect to %s: %s" % (name, getattr(error, "strerror", None) or error), kind_of(error))


def kind_of(error):
    if isinstance(error, socket.timeout):
        return "timedOut"
    number = getattr(error, "errno", None)
    kinds = {
        errno.ECONNREFUSED: "refused",
        errno.ETIMEDOUT: "timedOut",
        errno.EHOSTUNREACH: "unreachable",
        errno.ENETUNREACH: "unreachable",
    }
    return kinds.get(number, "other")


def refuse(message, kind=""):
    """Closes the channel as an agent does that does not start a program."""
    with channel._link.lock:
        channel._shut({"kind": "refused", "type": kind, "message": message, "trace": ""})
    channel._link.drain()


def run():
    try:
        stream["errors"] = channel.receive()
        if "process" in stream:
            run_process()
        else:
            run_connection(stream["connect"])
    except Refused as error:
        refuse(str(error), error.kind)
    except Exception as error:
        refuse("%s: %s" % (type(error).__name__, error))
    finally:
        if stream.get("errors"):
            stream["errors"].close()


# In a thread of its own: when the channel is closed the program's thread is interrupted, wherever it is.
start(run).join()
