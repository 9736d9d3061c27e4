# ===----------------------------------------------------------------------===
# Execnet for Swift
# SPDX-License-Identifier: Apache-2.0
# ===----------------------------------------------------------------------===
"""The Python agent: speaks the link protocol (Protocol.md) on fd 0 and 1 and runs Python and shell programs.

One file, standard library only, CPython 3.6 and later. `Link.lock` guards all state, `Link.writing` is taken before it.
What the reader thread says is queued and goes ahead of items: it never waits for a write.
"""

import _signal
import os
import select
import sys
import threading
import time
from _collections import deque
from _thread import allocate_lock, get_ident, start_new_thread
from struct import Struct, error as StructError, iter_unpack, pack, unpack
from weakref import WeakValueDictionary

HELLO, PING, PONG, QUERY, ANSWER, LOG, TERMINATE, GOODBYE = range(1, 9)
OPEN, ATTACH, ITEM, BINDINGS, END, CLOSE, CREDIT = range(16, 23)
MORE, ABANDON = 1, 2

MAX_PAYLOAD = 65536
MAX_PING = 64
MAX_OPEN = 16 << 20  # bytes of an open in fragments
MAX_ITEM = 256 << 20  # bytes of one item or one change of bindings
MAX_LINE = 65536  # bytes of one line of a shell program's output
MAX_FIRST_LINE = 1000000  # of a Python program in its file
MAX_DEPTH = 128  # of containers in a value
MAX_CONTROL = 1 << 20  # bytes of answers to a side that does not read
MAX_CREDIT = 1 << 40
WINDOW = 262144
FRAME_COST = 64
GRACE = 1.0  # seconds for programs to end by themselves
IDLE_THREADS = 4

HEADER = Struct(">IBBHQ")
_nothing = object()
monotonic = time.monotonic


class RemoteError(Exception):
    """The other side closed a channel with an error."""

    def __init__(self, error):
        self.kind, self.type, self.message, self.formatted = (
            str(error.get(key) or "") for key in ("kind", "type", "message", "trace"))
        self.formatted = self.formatted or ": ".join(filter(None, (self.type, self.message)))
        Exception.__init__(self, self.formatted)


class TimeoutError(TimeoutError):
    """An operation of a channel took longer than its timeout."""


class Cancelled(BaseException):
    """Raised in a cancelled program while it computes."""


class Violation(Exception):
    """The coordinator broke the protocol."""

    code = "protocol"


# ===-- Values ------------------------------------------------------------===


class Tagged(tuple):
    """A value with a tag unknown here; `Tagged(None, n)` is the simple value n."""

    __slots__ = ()
    tag = property(lambda self: self[0])
    value = property(lambda self: self[1])

    def __new__(cls, tag, value):
        return tuple.__new__(cls, (tag, value))

    def __repr__(self):
        return "Tagged(%r, %r)" % self


class Buffer(bytearray):
    """An encoded value, and the channels mentioned in it."""

    channels = ()


def head(out, major, number):
    if number < 24:
        out.append(major | number)
    else:
        size = 0 if number < 0x100 else 1 if number < 0x10000 else 2 if number < 0x100000000 else 3
        out.append(major | 24 + size)
        out += number.to_bytes(1 << size, "big")


def deeper(depth):
    if depth >= MAX_DEPTH:
        raise ValueError("can't serialize a value that is deeper than %d or contains itself" % MAX_DEPTH)
    return depth + 1


def put(out, value, depth):
    ENCODERS.get(type(value), put_other)(out, value, depth)


def put_int(out, value, depth):
    major, size = (0, value) if value >= 0 else (0x20, ~value)
    if size < 1 << 64:
        head(out, major, size)
    else:
        out.append(0xC2 + (major >> 5))
        put_bytes(out, size.to_bytes((size.bit_length() + 7) // 8, "big"), depth)


def put_str(out, value, depth):
    try:
        data = value.encode()
    except UnicodeEncodeError as error:
        raise TypeError("can't serialize str: %s" % error) from None
    head(out, 0x60, len(data))
    out += data


def put_bytes(out, value, depth):
    head(out, 0x40, len(value))
    out += value


def put_list(out, value, depth):
    depth = deeper(depth)
    value = value[:]
    head(out, 0x80, len(value))
    for item in value:
        ENCODERS.get(type(item), put_other)(out, item, depth)


def put_as(tag):
    def put_marked(out, value, depth):
        head(out, 0xC0, tag)
        put_list(out, tuple(value), depth)
    return put_marked


def put_dict(out, value, depth):
    depth = deeper(depth)
    head(out, 0xA0, len(value))
    for key, item in value.items():
        put(out, key, depth)
        put(out, item, depth)


def put_tagged(out, value, depth):
    tag, content = value
    if tag is None:
        if not 0 <= content < 256 or 20 <= content < 32:
            raise ValueError("can't serialize %r: no such simple value" % (value,))
        head(out, 0xE0, content)
    else:
        head(out, 0xC0, tag)
        put(out, content, deeper(depth))


def put_channel(out, channel, depth):
    out.channels += (channel,)
    head(out, 0xC0, CHANNEL)
    head(out, 0, channel.id)


def put_array(out, value, depth):
    code, width = value.typecode.lower(), value.itemsize
    kind = code if code in "fd" else "bhiq"[width.bit_length() - 1]
    kind = (NATIVE if width > 1 else "") + (kind if code == value.typecode else kind.upper())
    head(out, 0xC0, min(tag for tag in NUMERIC if NUMERIC[tag] == kind))
    put_bytes(out, value.tobytes(), depth)


def put_other(out, value, depth):
    """A subclass, an array, or what cannot be sent."""
    kind = type(value)
    if (kind.__module__, kind.__name__) == ("array", "array") and value.typecode not in "uw":
        return put_array(out, value, depth)
    for base in kind.__mro__:
        if base in PLAIN:
            return put(out, PLAIN[base](value), depth)
    raise TypeError("can't serialize %s" % kind)


CHANNEL = 25955
PLAIN = {int: int.__index__, str: str.__str__}  # how an instance of a subclass becomes one of the class
PLAIN.update((kind, kind) for kind in (float, complex, bytes, list, tuple, dict, set, frozenset))
PLAIN.update({bytearray: bytes, memoryview: bytes})
ENCODERS = {
    type(None): lambda out, value, depth: out.append(0xF6),
    bool: lambda out, value, depth: out.append(0xF5 if value else 0xF4),
    int: put_int, str: put_str, bytes: put_bytes, list: put_list, dict: put_dict, Tagged: put_tagged,
    float: lambda out, value, depth: out.extend(pack(">Bd", 0xFB, value)),
    complex: lambda out, value, depth: out.extend(
        pack(">BHBBdBd", 0xD9, 43000, 0x82, 0xFB, value.real, 0xFB, value.imag)),
    tuple: put_as(25957), set: put_as(258), frozenset: put_as(25958),
}


def encode(value):
    out = Buffer()
    ENCODERS.get(type(value), put_other)(out, value, 0)
    return out


def freeze(value):
    """A list or a set in a set, or as key of a map, must become unchangeable."""
    kind = type(value)
    return tuple(map(freeze, value)) if kind in (list, tuple) else frozenset(value) if kind is set else value


def members(kind):
    def make(value):
        try:
            return kind(value)
        except TypeError:
            return kind(map(freeze, value))
    return make


def numbers(kind):
    def make(value):
        import array
        if kind[-1] == "e":
            return array.array("f", [number for number, in iter_unpack(kind, value)])
        result = array.array(kind[-1], value)
        if kind[0] in "<>" and kind[0] != NATIVE:
            result.byteswap()
        return result
    return make


def complex_of(value):
    real, imag = value
    return complex(real * 1.0, imag * 1.0)


NATIVE = "<" if sys.byteorder == "little" else ">"
NUMERIC = dict(zip(range(64, 88), "B >H >I >Q B <H <I <Q b >h >i >q - <h <i <q >e >f >d - <e <f <d -".split()))
DECODERS = {tag: (bytes, numbers(kind)) for tag, kind in NUMERIC.items() if kind != "-"}
DECODERS.update({  # tag: (what it marks, what that becomes)
    2: (bytes, lambda value: int.from_bytes(value, "big")), 3: (bytes, lambda value: ~int.from_bytes(value, "big")),
    258: (list, members(set)), 25958: (list, members(frozenset)), 25957: (list, tuple), 43000: (list, complex_of)})
FLOATS = {25: ">e", 26: ">f", 27: ">d"}


def decode(data, link=None):
    """The value in `data`; ValueError if it is not exactly one."""
    position, size = 0, len(data)

    def take(count):
        nonlocal position
        start, position = position, position + count
        if position > size:
            raise ValueError("it is cut off")
        return data[start:position]

    def argument(low):
        if low > 27:
            raise ValueError("%d is no length" % low)
        return low if low < 24 else int.from_bytes(take(1 << low - 24), "big")

    def text(major, low):
        if low != 31:
            return bytes(take(argument(low)))
        return b"".join(chunks(major))

    def chunks(major):
        first = take(1)[0]
        while first != 0xFF:
            if first >> 5 != major:
                raise ValueError("foreign chunk")
            chunk = bytes(take(argument(first & 31)))
            if major == 3:
                chunk.decode()
            yield chunk
            first = take(1)[0]

    def entries(low, depth, step):
        if depth >= MAX_DEPTH:
            raise ValueError("it is deeper than %d" % MAX_DEPTH)
        if low == 31:
            return until_break()
        count = argument(low)
        if count * step > size - position:
            raise ValueError("it is cut off")
        return range(count)

    def until_break():
        nonlocal position
        while take(1)[0] != 0xFF:
            position -= 1
            yield

    def one(depth):
        nonlocal position
        if position >= size:
            raise ValueError("it is cut off")
        first = data[position]
        position += 1
        if first < 24:
            return first
        major, low = first >> 5, first & 31
        if major == 3:
            return text(3, low).decode()
        if major == 0:
            return argument(low)
        if major == 1:
            return ~argument(low)
        if major == 2:
            return text(2, low)
        if major == 4:
            return [one(depth + 1) for _ in entries(low, depth, 1)]
        if major == 5:
            result = {}
            for _ in entries(low, depth, 2):
                key = one(depth + 1)
                value = one(depth + 1)
                try:
                    result[key] = value
                except TypeError:
                    result[freeze(key)] = value
            return result
        if major == 6:
            return tagged(argument(low), depth)
        if low in FLOATS:
            return unpack(FLOATS[low], take(1 << low - 24))[0]
        if low == 22 or low == 23:
            return None
        if low == 20 or low == 21:
            return low == 21
        number = argument(low)
        if low == 24 and number < 32:
            raise ValueError("no simple value is %d" % number)
        return Tagged(None, number)

    def tagged(tag, depth):
        if depth >= MAX_DEPTH:
            raise ValueError("it is deeper than %d" % MAX_DEPTH)
        # A tag and what it marks are one level, a tag on a tag two.
        value = one(depth + 1 if data[position:position + 1] >= b"\xc0" else depth)
        if tag == CHANNEL and link is not None:
            return link.mentioned(value)
        marked, make = DECODERS.get(tag, (None, None))
        if marked is None:
            return Tagged(tag, value)
        if type(value) is not marked:
            raise ValueError("tag %d on %s" % (tag, type(value).__name__))
        return make(value)

    try:
        value = one(0)
        if position != size:
            raise ValueError("%d bytes too many" % (size - position))
        return value
    except (ValueError, TypeError, StructError, RecursionError, OverflowError) as error:
        raise ValueError("malformed value: %s" % error) from None


def clip(text, limit=8192):
    """Text that can be sent: no lone surrogates, not too long."""
    data = text.encode("utf-8", "backslashreplace")
    if len(data) > limit:
        data = data[:limit // 2] + b"\n[...]\n" + data[-limit // 2:]
    return data.decode("utf-8", "ignore")


def failed(type, message, trace=None, kind="failed"):
    trace = message if trace is None else trace
    return {"kind": kind, "type": clip(type), "message": clip(message), "trace": clip(trace, 32768)}


def frame(kind, number=0, payload=b"", flags=0):
    return HEADER.pack(len(payload), kind, flags, 0, number) + payload


# ===-- Channels ----------------------------------------------------------===


class Channel:
    """One conversation with the coordinator: items, bindings, callbacks."""

    RemoteError = RemoteError
    TimeoutError = TimeoutError

    def __init__(self, link, number, home=None):
        self.id = number
        self._link = link
        self._home = home  # where it is announced on first use; None: the other side knows it
        self._task = None  # the program opened on it, while that runs
        self._kept = {}  # channels announced beside this one that far code has not seen yet
        self._beside = None  # the one that keeps this
        self._waiters = []
        # What comes in.
        self._items = deque()  # (payload, cost)
        self._arrived = self._taken = 0  # items so far
        self._window = WINDOW
        self._owed = 0  # credit to give back
        self._receivers = 0
        self._partial = None  # what has come of a message in fragments, its type, and the cost that is not given back
        self._partial_kind = self._partial_cost = 0
        self._got_end = self._got_close = False
        self._error = None
        # What goes out.
        self._credit = WINDOW
        self._sending = self._sent_end = self._sent_close = False
        # Bindings and callbacks.
        self._bindings = {}  # name: (counter, value)
        self._clock = 0
        self._itemcallbacks = []  # (callback, end marker)
        self._changecallbacks = []
        self._changes = deque()  # (items before it, pairs, cost)
        self._busy = None  # the thread that runs callbacks, True while it is chosen

    def __repr__(self):
        state = "closed" if self.isclosed() else "sending" if self._got_end else "open"
        return "<Channel id=%d %s>" % (self.id, state)

    @property
    def gateway(self):
        return Gateway(self)

    # -- items

    def send(self, *items, timeout=None):
        """Sends all items, or none if one cannot be serialized. Waits while the other side is busy."""
        self._transmit(ITEM, [encode(item) for item in items], deadline_of(timeout))

    def receive(self, timeout=None):
        """The next item; TimeoutError, EOFError at the end, RemoteError if the other side failed."""
        link, deadline = self._link, deadline_of(timeout)
        with link.lock:
            if not self._items or self._itemcallbacks:
                self._receivers += 1
                try:
                    self._refund_partial()
                    self._wait(lambda: self._items or self._ended() or self._itemcallbacks, deadline)
                finally:
                    self._receivers -= 1
            if self._itemcallbacks:
                raise OSError("receive() while a callback takes the items")
            if not self._items:
                raise self._ending()
            payload, cost = self._items.popleft()
            self._taken += 1
            self._release(cost)
            if self._changes:
                self._wake()
        if link.control:
            link.flush()
        return decode(payload, link)

    def __iter__(self):
        return self

    def __next__(self):
        try:
            return self.receive()
        except EOFError:
            raise StopIteration from None

    # -- bindings

    def set(self, **pairs):
        """Binds the names on both sides, all at once."""
        self._transmit(BINDINGS, [encode(pairs)], None, pairs)

    def get(self, name, ignore=_nothing, timeout=None):
        """The value bound to `name`; waits until there is one (other than `ignore`)."""
        def value():
            found = self._bindings.get(name, (0, _nothing))[1]
            return _nothing if ignore is not _nothing and found == ignore else found

        with self._link.lock:
            self._wait(lambda: value() is not _nothing or self._ended(), deadline_of(timeout))
            found = value()
            if found is _nothing:
                raise self._ending()
            return found

    # -- callbacks

    def subscribe(self, itemcallback=None, namevaluecallback=None, endmarker=_nothing):
        """Calls back with items, and with sets of bindings as keywords; one at a time, in another thread."""
        with self._link.lock:
            if itemcallback is not None:
                self._itemcallbacks.append((itemcallback, endmarker))
            if namevaluecallback is not None:
                self._changecallbacks.append(namevaluecallback)
            self._notify()
            self._wake()
        self._link.flush()

    def unsubscribe(self, itemcallback=None, namevaluecallback=None):
        """Forgets all subscriptions of the callbacks."""
        before = self._itemcallbacks, self._changecallbacks  # not to be finalized with the lock held
        with self._link.lock:
            self._itemcallbacks = [entry for entry in self._itemcallbacks if entry[0] != itemcallback]
            self._changecallbacks = [entry for entry in self._changecallbacks if entry != namevaluecallback]
            while self._changes and not self._changecallbacks:
                self._release(self._changes.popleft()[2])
            self._wake()
        del before
        self._link.flush()

    def setcallback(self, callback, endmarker=_nothing):
        """As in execnet: the one callback for items."""
        if self._itemcallbacks:
            raise OSError("the channel has a callback")
        self.subscribe(callback, endmarker=endmarker)

    # -- ends

    def end(self):
        """Says that no items and bindings follow."""
        with self._link.lock:
            self._wait(lambda: not self._sending or self._sent_close or self._link.dead)
            if not (self._sent_end or self._sent_close or self._link.dead):
                self._announce()
                self._link.post(frame(END, self.id))
                self._sent_end = True
        self._link.drain()

    def close(self, error=None):
        """Ends the channel in both directions; the other side raises the error, a text."""
        with self._link.lock:
            if self._task is not None:
                raise OSError("the channel of a program closes when the program returns: return instead")
            self._shut(None if error is None else failed("", str(error)))
        self._link.drain()

    def isclosed(self):
        """Whether either side has closed it."""
        return self._sent_close or self._got_close or self._link.dead

    def waitclose(self, timeout=None):
        """Waits until the other side has ended and all callbacks ran; TimeoutError, EOFError, RemoteError."""
        with self._link.lock:
            if self._busy == get_ident():
                raise OSError("waitclose() in a callback would wait for itself")
            self._wait(lambda: self._ended() and not self._busy, deadline_of(timeout))
            if self._error is not None or not (self._got_end or self._sent_close or self._got_close):
                raise self._ending()

    def makefile(self, mode="w", proxyclose=False):
        """A file that writes items, or reads items of text (or bytes)."""
        if mode not in ("r", "w"):
            raise ValueError("mode %r is not 'r' or 'w'" % (mode,))
        return (ReadFile if mode == "r" else WriteFile)(self, proxyclose)

    # -- inside; all but _transmit and _dispatch with the lock held

    def _ended(self):
        return self._got_end or self._got_close or self._sent_close or self._link.dead

    def _ending(self):
        """The error that says why nothing more comes."""
        task = self._link.running.get(get_ident())
        if task:
            task.told = True
        if self._error is not None:
            return RemoteError(self._error)
        return EOFError("the link is lost" if self._link.dead and not self._got_end else "no more items on %r" % self)

    def _notify(self):
        if self._waiters:
            waiters, self._waiters = self._waiters, []
            self._link.wake(waiters)

    def _wait(self, ready, deadline=None, cancelled=EOFError):
        """Waits until `ready()`; raises TimeoutError, or `cancelled` in a cancelled program."""
        link, me = self._link, get_ident()
        link.shield[me] = self  # no asynchronous exception from here on
        try:
            while not ready():
                link.checkpoint(cancelled)
                if link.control:
                    link.lock.release()
                    try:
                        link.flush()
                    finally:
                        link.lock.acquire()
                    if ready():
                        return
                left = -1 if deadline is None else min(deadline - monotonic(), threading.TIMEOUT_MAX)
                if deadline is not None and left <= 0:
                    raise TimeoutError("nothing came on %r in time" % self if cancelled is EOFError
                                       else "%r took nothing more in time" % self)
                waiter = held_lock()
                self._waiters.append(waiter)
                link.lock.release()
                try:
                    waiter.acquire(True, left)
                finally:
                    link.lock.acquire()
                    if waiter in self._waiters:
                        self._waiters.remove(waiter)
        finally:
            link.shield.pop(me, None)

    def _release(self, cost):
        """Gives credit back, in batches."""
        self._owed += cost
        if self._owed >= WINDOW // 2 and not (self._sent_close or self._got_close or self._got_end):
            self._link.post(frame(CREDIT, self.id, pack(">Q", self._owed)))
            self._window += self._owed
            self._owed = 0

    def _refund_partial(self):
        """Part of a message has come and its taker waits: lets the rest come."""
        if self._partial_cost and (self._partial_kind == BINDINGS or not self._items and (
                self._receivers or self._itemcallbacks and not self._busy)):
            cost, self._partial_cost = self._partial_cost, 0
            self._release(cost)

    def _announce(self, beside=None):
        """Sends the attach frame that must precede its first frame, or its mention on `beside`."""
        home = beside or self._home
        if self._home is None and self.id in self._link.channels:
            return
        if self._home is None or self._sent_close or home._sent_close:
            raise OSError("%r, or the channel that it was made for, is closed" % self)
        home._announce()
        self._home = None
        self._link.channels[self.id] = self
        self._link.post(frame(ATTACH, self.id, encode(home.id)))

    def _check_open(self):
        self._link.checkpoint(OSError)
        if self._sent_close or self._sent_end or self._link.dead:
            raise OSError("cannot send on %r%s" % (self, ": the link is lost" if self._link.dead else " after end()"
                                                   if self._sent_end else ""))

    def _transmit(self, kind, messages, deadline, pairs=None):
        link, me = self._link, get_ident()
        for message in messages:
            if len(message) > link.item_limit:
                raise ValueError("%d bytes: the other side takes items of %d at most" % (len(message), link.item_limit))
        with link.lock:
            self._check_open()
            while self._sending:
                self._wait(lambda: not self._sending or self._sent_close, deadline, OSError)
                self._check_open()
            self._announce()
            for message in messages:
                for channel in message.channels:
                    if channel._link is not link:
                        raise ValueError("can't serialize channel %d of another gateway" % channel.id)
                    channel._announce(self)
            self._sending = True
            link.shield[me] = self
            if kind == BINDINGS:
                self._clock += 1
                messages = [b"\x82" + encode(self._clock) + messages[0]]
                for name in pairs:
                    self._bindings[name] = (self._clock, pairs[name])
                self._notify()
        unfinished, turn = 0, 0
        try:
            frames = fragments(messages)
            while turn < len(frames):
                with link.writing:
                    with link.lock:
                        self._check_open()
                        batch, room = link.take(), MAX_PAYLOAD
                        while turn < len(frames) and room > 0:
                            flags, payload = frames[turn]
                            cost = len(payload) + FRAME_COST
                            need = cost + FRAME_COST if flags else cost  # keeps what abandoning the message costs
                            if self._credit < need:
                                break
                            self._credit -= cost
                            batch += (HEADER.pack(len(payload), kind, flags, 0, self.id), payload)
                            unfinished = flags
                            turn += 1
                            room -= cost
                    if batch:
                        link.write(b"".join(batch))
                if turn < len(frames) and room > 0:
                    with link.lock:
                        self._wait(lambda: self._credit >= need or self._sent_close or link.dead, deadline, OSError)
                        link.shield[me] = self
        finally:
            with link.lock:
                if unfinished and not self._sent_close:
                    self._credit -= FRAME_COST
                    link.post(frame(kind, self.id, b"", ABANDON))
                self._sending = False
                link.shield.pop(me, None)
                self._notify()
            if link.control:
                link.flush()

    def _shut(self, error=None):
        if self._sent_close:
            return
        self._sent_close = True
        if self._home is None:
            self._link.post(frame(CLOSE, self.id, encode(error) if error else b""))
            if self._got_close:
                self._link.channels.pop(self.id, None)
        self._notify()
        self._wake()

    # -- frames that came in

    def _assemble(self, kind, flags, payload, limit):
        """The whole message of which `payload` is a part, or None."""
        partial = self._partial
        if partial is not None and self._partial_kind != kind:
            raise Violation("frame of type %d inside a message" % kind)
        if not flags and partial is None:
            return payload
        if flags & ABANDON:
            if partial is None:
                raise Violation("no message to abandon")
            self._partial = None
            return None
        if partial is None:
            partial, self._partial_kind = bytearray(), kind
        partial += payload
        if len(partial) > limit:
            raise Violation("message longer than %d bytes" % limit)
        self._partial = partial if flags else None
        return None if flags else partial

    def _got_message(self, kind, flags, payload):
        """A frame of an item or of bindings."""
        if self._got_end:
            raise Violation("item after end on channel %d" % self.id)
        cost = len(payload) + FRAME_COST
        if flags & ABANDON:
            cost = min(cost, self._window)
        self._window -= cost
        if self._window < 0:
            raise Violation("frame without credit on channel %d" % self.id)
        payload = self._assemble(kind, flags, payload, MAX_ITEM)
        cost += self._partial_cost
        self._partial_cost = 0
        if payload is not None and kind == ITEM:
            self._items.append((payload, cost))
            self._arrived += 1
            self._notify()
            if self._itemcallbacks:
                self._wake()
        elif payload is not None:
            self._got_bindings(payload, cost)
        elif self._partial is None:
            self._release(cost)
        else:
            self._partial_cost = cost
            self._refund_partial()

    def _got_bindings(self, payload, cost):
        try:
            counter, pairs = decode(payload, self._link)
            if type(counter) is not int or counter >> 63 or type(pairs) is not dict or set(map(type, pairs)) - {str}:
                raise ValueError("malformed bindings")
        except (ValueError, TypeError) as error:
            return self._shut(failed("ValueError", str(error)))
        self._clock = max(self._clock, counter)
        for name in pairs:
            if counter >= self._bindings.get(name, (0,))[0]:
                self._bindings[name] = (counter, pairs[name])
        self._notify()
        if self._changecallbacks:
            self._changes.append((self._arrived, pairs, cost))
            self._wake()
        else:
            self._release(cost)

    def _got_closed(self, error):
        self._got_close, self._error, self._partial = True, error, None
        self._shut()
        self._link.channels.pop(self.id, None)
        self._notify()
        self._wake()
        if self._task is not None:
            self._link.cancel(self._task)

    # -- callbacks: a channel with something to do is queued with the dispatcher, once

    def _event(self):
        """What callbacks are told next: a function to call outside the lock, its cost."""
        if self._changes and (not self._itemcallbacks or self._changes[0][0] <= self._taken):
            _, pairs, cost = self._changes.popleft()
            callbacks = self._changecallbacks[:]
            return (lambda: [callback(**pairs) for callback in callbacks]), cost
        if self._itemcallbacks and self._items:
            payload, cost = self._items.popleft()
            self._taken += 1
            callbacks = self._itemcallbacks[:]

            def deliver():
                item = decode(payload, self._link)
                for callback, _ in callbacks:
                    callback(item)
            return deliver, cost
        if self._itemcallbacks and self._ended():
            markers, self._itemcallbacks = self._itemcallbacks, []
            return (lambda: [callback(marker) for callback, marker in markers if marker is not _nothing]), 0
        return None

    def _wake(self):
        if not self._busy and (self._changes or self._itemcallbacks and (self._items or self._ended())):
            self._busy = True
            self._link.dispatcher.add(self)
        elif not self._busy:
            self._refund_partial()

    def _dispatch(self):
        """Runs callbacks while there is something to tell, or until it is another channel's turn."""
        link, cost, failure = self._link, 0, None
        for turn in range(64):
            with link.lock:
                before = self._itemcallbacks, self._changecallbacks  # not to be finalized with the lock held
                self._release(cost)
                if failure:
                    self._itemcallbacks, self._changecallbacks = [], []
                    self._shut(failure)
                    failure = None
                self._busy = get_ident()
                event = self._event() if turn < 63 else None
                if event is None:
                    self._busy = None
                    self._wake()
                    self._notify()
                    break
            tell, cost = event
            try:
                tell()
            except BaseException as error:
                failure = describe(error)
            if link.control:
                link.flush()
        if link.control:
            link.drain()


ENCODERS[Channel] = put_channel


def fragments(messages):
    """The frames of the messages: (flags, payload)."""
    result = []
    for message in messages:
        last = (len(message) - 1) // MAX_PAYLOAD * MAX_PAYLOAD
        if last <= 0:
            result.append((0, message))
        else:
            view = memoryview(message)
            result += [(MORE if at < last else 0, view[at:at + MAX_PAYLOAD]) for at in range(0, last + 1, MAX_PAYLOAD)]
    return result


def deadline_of(timeout):
    if timeout is None:
        return None
    if timeout < 0:
        raise ValueError("the timeout is negative")
    return monotonic() + timeout


class ChannelFile:
    def __init__(self, channel, proxyclose):
        self.channel, self.proxyclose = channel, proxyclose

    def isatty(self):
        return False

    def flush(self):
        pass

    def close(self):
        if self.proxyclose:
            self.channel.close()


class WriteFile(ChannelFile):
    def write(self, text):
        self.channel.send(text)
        return len(text)

    def writelines(self, lines):
        self.channel.send(*lines)


class ReadFile(ChannelFile):
    rest = ""

    def _fill(self):
        try:
            item = self.channel.receive()
        except EOFError:
            return False
        self.rest = self.rest + item if self.rest else item
        return True

    def _cut(self, count):
        taken, self.rest = self.rest[:count], self.rest[count:]
        return taken

    def read(self, count=-1):
        while (count < 0 or len(self.rest) < count) and self._fill():
            pass
        return self._cut(len(self.rest) if count < 0 else count)

    def readline(self):
        while True:
            found = self.rest.find("\n" if isinstance(self.rest, str) else b"\n") + 1
            if found or not self._fill():
                return self._cut(found or len(self.rest))


class Gateway:
    """What far code sees of its gateway."""

    def __init__(self, channel):
        self._channel, self._link, self.id = channel, channel._link, channel._link.id

    def __repr__(self):
        return "<Gateway id=%r>" % self.id

    def newchannel(self):
        """A new channel, announced when it is first used or sent."""
        link = self._link
        with link.lock:
            number, link.next_number = link.next_number, link.next_number + 2
            channel = link.known[number] = Channel(link, number, self._channel)
        return channel

    def log_handler(self, level=0):
        """A logging.Handler that sends records to the coordinator."""
        return log_handler(self._link, level)


def log_handler(link, level=0):
    import logging

    class LinkHandler(logging.Handler):
        def emit(self, record):
            try:
                metadata = {"file": clip(record.pathname), "line": str(record.lineno)}
                link.say(LOG, {"level": clip(record.levelname.lower(), 100), "label": clip(record.name),
                               "message": clip(self.format(record), 32768), "metadata": metadata})
            except Exception:
                self.handleError(record)

    return LinkHandler(level)


class Dispatcher:
    """Runs callbacks on one thread, and on one more whenever one holds up other channels."""

    def __init__(self, link):
        self.link, self.lock = link, link.lock
        self.queue = deque()
        self.idle = []
        self.workers = self.turns = 0
        self.watching = False

    def add(self, channel):
        self.queue.append(channel)
        if self.idle:
            self.link.wake([self.idle.pop()])
        elif not self.workers:
            self.workers = 1
            start_thread(self.work)
        elif not self.watching:
            self.watching = True
            start_thread(self.watch)

    def work(self):
        while True:
            waiter, channel = held_lock(), None
            with self.lock:
                if self.queue:
                    channel = self.queue.popleft()
                    self.turns += 1
                else:
                    self.idle.append(waiter)
            if channel:
                channel._dispatch()
            elif not waiter.acquire(True, 10):
                with self.lock:
                    if waiter in self.idle:
                        self.idle.remove(waiter)
                        self.workers -= 1
                        return

    def watch(self):
        """Adds a thread if there is work and none was begun for a while."""
        quiet = 0
        while True:
            turns = self.turns
            time.sleep(0.01)
            with self.lock:
                quiet = 0 if self.queue else quiet + 1
                if quiet > 50:
                    self.watching = False
                    return
                if self.queue and self.turns == turns:
                    self.workers += 1
                    start_thread(self.work)


# ===-- Programs ----------------------------------------------------------===


def held_lock():
    lock = allocate_lock()
    lock.acquire()
    return lock


def start_thread(function, *arguments):
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread


def poll_for(descriptor, events):
    poll = select.poll()
    poll.register(descriptor, events)
    return poll


def dedent(source):
    lines = source.split("\n")
    margin = None
    for line in lines:
        body = line.lstrip(" \t")
        if body and body != "\r":
            indent = line[:len(line) - len(body)]
            margin = indent if margin is None else os.path.commonprefix([margin, indent])
    return "\n".join(line[len(margin):] if line.startswith(margin) else line.lstrip(" \t") for line in lines) \
        if margin else source


def describe(error):
    """The map of a close: what went wrong, with the traceback but for our own frames."""
    def filtered(shown, error):
        if shown is None or error is None:
            return
        frames = [frame.f_globals for frame, _ in traceback.walk_tb(error.__traceback__)]
        if len(frames) == len(shown.stack):
            shown.stack[:] = [entry for entry, scope in zip(shown.stack, frames) if scope is not globals()]
        filtered(shown.__cause__, error.__cause__)
        filtered(shown.__context__, error.__context__)
        for inner in zip(getattr(shown, "exceptions", None) or (), getattr(error, "exceptions", ())):
            filtered(*inner)

    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else kind.__module__ + "." + kind.__qualname__
    try:
        message = str(error)
    except BaseException:
        message = "(its text cannot be made)"
    try:
        import traceback
        shown = traceback.TracebackException(kind, error, error.__traceback__)
        filtered(shown, error)
        trace = "".join(shown.format())
        if "Traceback (most recent call last):" not in trace:
            trace = "Traceback (most recent call last):\n" + trace
    except BaseException:
        trace = "%s: %s\n" % (name, message)
    return failed(name, message, trace)


class ExitStatus(Exception):
    """A shell program ended with other than 0."""


QUOTING = allocate_lock()  # what tracebacks quote is the same for all programs


class Source:
    """The loader of a program: linecache asks it for the text."""

    def __init__(self, text):
        self.text = text

    def get_source(self, name):
        return self.text


class Task:
    """One program, running on its channel."""

    def __init__(self, link, channel, program):
        self.link, self.channel, self.program = link, channel, program
        self.cancelled = 0  # since when
        self.told = False  # an operation of a channel has raised since
        self.interrupted = False  # an asynchronous exception was set
        self.ident = None  # the thread, while far code runs in it
        self.group = None  # process group of a shell program
        self.text = None  # of a Python program that has ended

    def check(self):
        """Raises ValueError if this cannot be run."""
        kind = self.program.get("kind")
        if kind == "service":
            raise ValueError("no service named %r: this is a Python agent" % (self.program.get("name"),))
        if kind in ("closure", "call", "task"):
            raise ValueError("this is a Python agent: it runs python and shell programs, no %s" % kind)
        if kind == "python":
            self.source, self.file = self.key("source", str), self.key("file", str, "")
            self.line, self.arguments = self.key("line", int, 1), self.key("arguments", dict, {})
            self.run_program, texts = self.run_python, list(self.arguments)
        elif kind == "shell":
            self.script, self.arguments = self.key("script", str), self.key("arguments", list, [])
            self.run_program, texts = self.run_shell, self.arguments + [self.script]
            self.line = 1
        else:
            raise ValueError("unknown kind of program: %r" % (kind,))
        if not 0 < self.line <= MAX_FIRST_LINE or any(type(text) is not str or "\0" in text for text in texts):
            raise ValueError("malformed program of kind %s" % kind)

    def key(self, name, kind, default=None):
        value = self.program.get(name)
        value = default if value is None else value
        if type(value) is not kind:
            raise ValueError("the program's %s is not of type %s" % (name, kind.__name__))
        return value

    def run(self):
        failure = None
        try:
            failure = self.run_program()
        except BaseException as error:
            failure = error
        link = self.link
        if os.getpid() != link.pid:
            leave_fork(failure)
        try:
            sys.stdout.flush()
        except Exception:
            pass
        if self.cancelled and isinstance(failure, (Cancelled, EOFError, OSError, ExitStatus)):
            close = failed("", "the program was cancelled", kind="cancelled")
        elif failure is None or isinstance(failure, EOFError) and raised_here(failure):
            close = None
        else:
            close = failed("ExitStatus", str(failure), "") if isinstance(failure, ExitStatus) else self.describe(failure)
        failure = None
        if "linecache" in sys.modules:
            sys.modules["linecache"].cache.pop("<program %d>" % self.channel.id, None)
        link.finish(self, close)

    def describe(self, failure):
        if self.text is None:
            return describe(failure)
        return quoting(self.file, self.text, lambda: describe(failure))

    def run_python(self):
        """Runs the program; returns what it raised. No asynchronous exception comes after this."""
        failure = None
        text = "\n" * (self.line - 1) + dedent(self.source)
        file = self.file = self.file or "<program %d>" % self.channel.id
        scope = dict(self.arguments, __name__="__channelexec__", __loader__=Source(text), channel=self.channel)
        if "linecache" in sys.modules:
            quoting(file, text, bool)
        try:
            try:
                with self.link.lock:
                    if self.cancelled:
                        return EOFError()
                    self.ident = get_ident()
                    self.link.running[self.ident] = self
                exec(compile(text, file, "exec", dont_inherit=True), scope)
            except BaseException as error:
                failure = error
            self.disarm()
        except BaseException as error:
            failure = failure or error
            self.disarm()
        self.text = text
        return failure

    def disarm(self):
        with self.link.lock:
            self.link.running.pop(self.ident, None)
            self.link.shield.pop(self.ident, None)
            ident, self.ident = self.ident, None
        if self.interrupted and ident is not None:
            set_exception(ident, None)

    def run_shell(self):
        import subprocess
        adopt_orphans(0)  # it may leave some at once
        shell = subprocess.Popen(["/bin/sh", "-c", self.script, "sh"] + self.arguments, bufsize=0,
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self.link.tell_supervisor(b"+", shell.pid)
        with self.link.lock:
            self.group = shell.pid
            if self.cancelled:
                self.stop()
        start_thread(self.feed, shell)
        failure = None
        try:
            self.read_lines(shell)
        except (OSError, EOFError) as error:  # the channel is closed
            failure = error
            shell.stdout.close()
            self.stop()
        while shell.poll() is None:
            try:
                shell.wait(0.2)
            except subprocess.TimeoutExpired:
                if self.cancelled and monotonic() > self.cancelled + self.link.grace:
                    self.stop(9)
        if self.cancelled or failure:
            while remains(shell.pid) and monotonic() < self.cancelled + self.link.grace:
                time.sleep(0.01)
            self.stop(9)
        with self.link.lock:
            self.group = None
        self.link.left_behind(shell.pid)
        status = shell.returncode
        shell.stdout.close()
        if failure is not None or status == 0:
            return failure
        message = "exit status %d" % status
        if status < 0:
            import signal
            names = [" (%s)" % number.name for number in signal.Signals if number == -status]
            message = "killed by signal %d" % -status + "".join(names)
        return ExitStatus(message)

    def stop(self, number=15):
        """Signals the process group of a shell program."""
        if self.group:
            signal_all([-self.group], number)

    def read_lines(self, shell):
        """Sends the output until it ends, or what there is of it once the shell has ended."""
        pipe = shell.stdout.fileno()
        poll = poll_for(pipe, select.POLLIN)
        rest, left = b"", None
        while True:
            if left is None and (self.cancelled or shell.poll() is not None):
                left = 65536  # a pipe holds no more
            if poll.poll(200 if left is None else 0):
                data = os.read(pipe, MAX_LINE if left is None else left)
                left = left and left - len(data)
            elif left is None:
                continue
            else:
                data = b""
            lines = (rest + data).split(b"\n")
            rest = lines.pop()
            pieces = [piece for line in lines for piece in cut_line(line)]
            if len(rest) > MAX_LINE or rest and not data:
                pieces += cut_line(rest)
                rest = pieces.pop() if data else b""
            self.channel.send(*map(text_of, pieces))
            if not data:
                return

    def feed(self, shell):
        """Writes the items of the channel to the shell's input."""
        pipe = shell.stdin.fileno()
        os.set_blocking(pipe, False)
        poll = poll_for(pipe, select.POLLOUT)
        try:
            for item in self.channel:
                data = memoryview(item.encode() if isinstance(item, str) else b"" + item)
                while data and shell.returncode is None:
                    if poll.poll(500):
                        data = data[os.write(pipe, data):]
        except (OSError, RemoteError):
            pass  # the script has closed its input, or the channel failed
        except BaseException as error:
            with self.link.lock:
                self.channel._shut(describe(TypeError("a shell program takes items of text or bytes: %s" % error)))
                self.link.cancel(self)
            self.link.drain()
        shell.stdin.close()


def cut_line(line):
    """The line in pieces that are not too long, cut between characters."""
    pieces = []
    while len(line) > MAX_LINE:
        cut = MAX_LINE
        while cut > MAX_LINE - 3 and line[cut] & 0xC0 == 0x80:
            cut -= 1
        pieces.append(line[:cut])
        line = line[cut:]
    return pieces + [line]


def text_of(data):
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data


def quoting(file, text, body):
    """Calls body while tracebacks quote this text for the file: others may have its name."""
    import linecache
    held = QUOTING.acquire(True, 1)  # far code's errors may do anything when asked for their text
    try:
        linecache.cache[file] = (len(text), None, [line + "\n" for line in text.split("\n")], file)
        return body()
    finally:
        if held:
            QUOTING.release()


def raised_here(error):
    """Whether an operation of a channel raised it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or trace.tb_frame.f_globals is globals()


def set_exception(ident, kind):
    """Raises an exception in another thread; None takes it back."""
    try:
        import ctypes
        function = ctypes.pythonapi.PyThreadState_SetAsyncExc
    except Exception:
        return
    function(ctypes.c_ulong(ident), ctypes.py_object(kind) if kind else None)


def leave_fork(failure):
    """A forked child came back from its program: it must not go on."""
    if failure is not None and not isinstance(failure, SystemExit):
        sys.stderr.write(describe(failure)["trace"])
    try:
        sys.stdout.flush()
    finally:
        os._exit(1 if failure is not None and getattr(failure, "code", 1) else 0)


# ===-- The link ----------------------------------------------------------===


class Shield:
    """Keeps asynchronous exceptions out of this thread: they would leave half a frame on the link."""

    def __init__(self, link):
        self.link = link

    def __enter__(self):
        with self.link.lock:
            self.before = self.link.shield.setdefault(get_ident(), None)

    def __exit__(self, *error):
        if self.before is None:
            with self.link.lock:
                self.link.shield.pop(get_ident(), None)


class Link:
    """The connection to the coordinator, and all that depends on it."""

    def __init__(self, inbound, outbound):
        self.inbound, self.outbound = inbound, outbound
        self.pid = os.getpid()
        self.supervisor = -1  # a pipe to it
        self.lock = allocate_lock()
        self.writing = allocate_lock()
        self.control = []  # frames that go ahead of items
        self.control_size = 0
        self.flushing = False
        self.dead = False  # no more can be sent or received
        self.id, self.serial, self.item_limit, self.next_number = "", False, MAX_ITEM, 2
        self.greeted = False
        self.reader, self.woken = None, []  # the reader thread, and locks that it will release
        self.channels = {}  # all that are not closed on both sides
        self.known = WeakValueDictionary()  # all
        self.tasks = set()
        self.leftovers = set()  # process groups of shell programs that have ended
        self.running = {}  # thread: its Python program
        self.shield = {}  # thread: channel; no asynchronous exception there, it is inside an operation
        self.backlog = deque()  # programs that no thread has taken yet
        self.idle = []  # threads, by a lock
        self.spawning = False
        self.main = held_lock()
        self.started = False  # a program was
        self.interrupting = False
        self.grace = GRACE
        self.ending = self.leaving = False  # no program is started; all are being ended
        self.status = 0
        self.dispatcher = Dispatcher(self)
        self.out_poll = poll_for(outbound, select.POLLOUT)

    def info(self):
        system = os.uname()
        try:
            directory = os.getcwd()
        except OSError:
            directory = ""
        return {
            "language": "python", "version": "%d.%d.%d" % sys.version_info[:3],
            "platform": "%s-%s" % (sys.platform, system.machine), "executable": clip(sys.executable or ""),
            "directory": clip(directory), "pid": self.pid, "host": clip(system.nodename),
            "time": time.time()}

    # -- out

    def post(self, data):
        """Queues a frame ahead of items (lock held); flush or drain must follow."""
        self.control.append(data)
        self.control_size += len(data)

    def take(self):
        frames, self.control, self.control_size = self.control, [], 0
        return frames

    def write(self, data, wait=True):
        """Writes the data, or without `wait` what can be written now (`writing` held, `lock` not).

        What remains, be it because a signal handler raised, is queued again and left to a thread.
        """
        if self.dead:
            raise OSError("the link is lost")
        counts, rest = [], data
        try:
            while rest and (wait or self.out_poll.poll(0)):
                # Ready means that 512 bytes, a pipe's atomic unit, will not block. Extending a list keeps the count
                # even if a signal handler raises as soon as os.write returns.
                counts.extend(map(os.write, (self.outbound,), (rest if wait else rest[:512],)))
                rest = memoryview(data)[sum(counts):]
        except OSError as error:
            counts.append(len(data))
            self.lose()
            raise OSError("the link is lost: %s" % error)
        finally:
            done = sum(counts)
            if done < len(data):
                with self.lock:
                    self.control.insert(0, data[done:])
                    self.control_size += len(data) - done
                if not self.flushing:
                    self.flushing = True
                    start_thread(self.flush_waiting)

    def drain(self):
        """Writes what is queued, waiting if it must."""
        try:
            with Shield(self), self.writing:
                with self.lock:
                    data = b"".join(self.take())
                if data:
                    self.write(data)
        except OSError:
            pass
        if self.control:
            self.flush()

    def flush(self):
        """Writes what is queued and never waits: what cannot be written now is left to a thread."""
        with Shield(self):
            while self.control and not self.flushing and not self.dead and self.writing.acquire(False):
                # Whoever holds `writing` looks at the queue again after releasing it.
                try:
                    with self.lock:
                        data = b"".join(self.take())
                    self.write(data, wait=False)
                except OSError:
                    return
                finally:
                    self.writing.release()

    def flush_waiting(self):
        self.drain()
        self.flushing = False
        self.flush()

    def say(self, kind, value, number=0):
        """Sends one frame of the link, waiting if it must."""
        with self.lock:
            self.post(frame(kind, number, encode(value)))
        self.drain()

    def lose(self):
        self.dead = True
        start_thread(self.leave)

    # -- in

    def wake(self, waiters):
        """Releases locks; on the reader thread when that is about to wait itself, which saves a change of threads."""
        if get_ident() == self.reader:
            self.woken += waiters
        else:
            for waiter in waiters:
                waiter.release()

    def read(self):
        """The reader thread."""
        self.reader = get_ident()
        try:
            self.read_frames()
        except OSError:
            pass
        except Violation as error:
            self.part(error.code, str(error))
        except BaseException as error:
            self.part("internal", describe(error)["trace"])
        self.dead, self.reader = True, None
        self.wake(self.woken)
        self.leave()

    def read_frames(self):
        rest, unpack, source = b"", HEADER.unpack_from, self.inbound
        while True:
            data = os.read(source, 262144)
            if not data:
                return
            if rest:
                data = rest + data
            position, size = 0, len(data)
            while size - position >= 16:
                length, kind, flags, reserved, number = unpack(data, position)
                if length > MAX_PAYLOAD or reserved or flags > 2:
                    raise Violation("malformed header")
                end = position + 16 + length
                if end > size:
                    break
                if kind == GOODBYE:
                    return
                self.got_frame(kind, flags, number, data[position + 16:end])
                position = end
            rest = data[position:]
            if self.control:
                self.flush()
                if self.control_size > MAX_CONTROL:
                    raise Violation("answers are not read")
            while self.woken:
                self.woken.pop().release()

    def got_frame(self, kind, flags, number, payload):
        if not self.greeted and kind != HELLO:
            raise Violation("the first frame is not a hello")
        if kind < 16:
            if number or flags:
                raise Violation("frame of the link with a channel or flags")
            handler = self.HANDLERS.get(kind)
            if handler is None:
                raise Violation("frame of type %d" % kind)
            return handler(self, payload)
        if kind > CREDIT or number == 0:
            raise Violation("frame of type %d on channel %d" % (kind, number))
        with self.lock:
            channel = self.channels.get(number)
            if kind == OPEN and (channel is None or channel._partial is not None):
                return self.got_open(channel, number, flags, payload)
            if kind == ATTACH and channel is None:
                return self.got_attach(number, flags, payload)
            if channel is None or kind < ITEM:
                raise Violation("frame of type %d on channel %d, which is %s" % (
                    kind, number, "not known" if channel is None else "open"))
            if flags and kind > BINDINGS:
                raise Violation("fragment of type %d" % kind)
            if kind == CLOSE:
                error = parse(payload, dict, channel._link) if payload else None
                channel._got_closed(error)
            elif kind == CREDIT:
                if len(payload) != 8:
                    raise Violation("credit of %d bytes" % len(payload))
                channel._credit += int.from_bytes(payload, "big")
                if channel._credit > MAX_CREDIT:
                    raise Violation("credit above 2^40 on channel %d" % number)
                channel._notify()
            elif kind == END:
                if payload or channel._got_end or channel._partial is not None:
                    raise Violation("end with a payload, inside a message or twice")
                channel._got_end = True
                channel._notify()
                channel._wake()
            elif not channel._sent_close:
                channel._got_message(kind, flags, payload)

    def got_hello(self, payload):
        if self.greeted:
            raise Violation("second hello")
        hello = parse(payload, dict)
        versions, limits = hello.get("protocol"), hello.get("limits") or {}
        first = hello.get("first", 2)
        limit = limits.get("item", MAX_ITEM) if type(limits) is dict else None
        if (type(versions) is not list or [type(version) for version in versions] != [int, int]
                or type(first) is not int or first < 2 or first % 2 or type(limit) is not int or limit < 0):
            raise Violation("malformed hello")
        if not versions[0] <= 1 <= versions[1]:
            error = Violation("this side speaks version 1, the other %d to %d" % tuple(versions))
            error.code = "version"
            raise error
        self.id, self.serial = str(hello.get("id") or ""), hello.get("serial") is True
        self.item_limit, self.next_number, self.greeted = limit, first, True

    def got_ping(self, payload):
        if len(payload) > MAX_PING:
            raise Violation("ping of %d bytes" % len(payload))
        with self.lock:
            self.post(frame(PONG, 0, payload))

    def got_query(self, payload):
        query = parse(payload, list)
        if len(query) != 2 or type(query[0]) is not int or query[1] not in ("status", "info"):
            raise Violation("malformed query")
        with self.lock:
            status = {"channels": len(self.channels), "executing": len(self.tasks)}
            self.post(frame(ANSWER, 0, encode([query[0], status if query[1] == "status" else self.info()])))

    def got_terminate(self, payload):
        self.grace = min(parse(payload, int), 1 << 31) / 1000.0
        self.tell_supervisor(b"g", int(self.grace * 1000))
        self.ending = True
        start_thread(self.leave)

    def got_nothing(self, payload):
        """A pong, a log: nothing is done with them."""

    HANDLERS = {HELLO: got_hello, PING: got_ping, PONG: got_nothing, QUERY: got_query, LOG: got_nothing,
                TERMINATE: got_terminate}

    def new_channel(self, number):
        if number % 2 == 0:
            raise Violation("channel %d: the coordinator's are odd" % number)
        channel = self.channels[number] = self.known[number] = Channel(self, number)
        return channel

    def got_attach(self, number, flags, payload):
        home = parse(payload, int)
        if flags or home <= 0 or home == number:
            raise Violation("attach beside channel %d" % home)
        beside = self.channels.get(home)
        if beside is None:
            # Its open follows: the arguments of the program mention this one.
            beside = self.new_channel(home)
            beside._partial, beside._partial_kind = bytearray(), OPEN
        channel = beside._kept[number] = self.new_channel(number)
        channel._beside = beside

    def mentioned(self, number):
        """The channel of this number, which a value contains."""
        channel = self.known.get(number)
        if channel is None:
            raise ValueError("channel %d is not known" % number)
        if channel._beside is not None:
            channel._beside._kept.pop(number, None)
            channel._beside = None
        return channel

    def got_open(self, channel, number, flags, payload):
        channel = channel or self.new_channel(number)
        payload = channel._assemble(OPEN, flags, payload, MAX_OPEN)
        if payload is None:
            return
        try:
            task = channel._task = Task(self, channel, parse(payload, dict, self))
            task.check()
            if self.ending:
                raise ValueError("the agent is ending")
            if self.serial and self.tasks:
                raise ValueError("programs run one at a time, on the main thread, and one is running")
            self.tasks.add(task)
            if not self.started:
                self.started = True
                start_new_thread(adopt_orphans, ())
            self.backlog.append(task)
            if self.serial:
                self.wake([self.main])
            elif self.idle:
                self.wake([self.idle.pop()])
            elif not self.spawning:
                start_thread(self.run_programs)
                self.spawning = True
        except (ValueError, RuntimeError, Violation) as error:
            if channel._task in self.tasks:
                self.tasks.discard(self.backlog.pop())
            channel._task = None
            channel._shut(failed("", str(error), kind="refused"))

    # -- programs

    def run_programs(self):
        """A thread that runs programs, or waits for one."""
        with self.lock:
            self.spawning = False
        while True:
            waiter, task = held_lock(), None
            with self.lock:
                if self.backlog:
                    task = self.backlog.popleft()
                    if self.backlog and not self.idle and not self.spawning:
                        start_thread(self.run_programs)
                        self.spawning = True
                elif len(self.idle) < IDLE_THREADS:
                    self.idle.append(waiter)
                else:
                    return
            if task:
                task.run()
            else:
                waiter.acquire()

    def finish(self, task, close):
        with self.lock:
            self.tasks.discard(task)
            task.channel._task = None
            task.channel._shut(close)
        self.drain()

    def left_behind(self, group):
        """A shell program has ended: the supervisor kills what it left behind, while there is something."""
        self.leftovers.add(group)
        for group in list(self.leftovers):
            if not remains(group):
                self.leftovers.discard(group)
                self.tell_supervisor(b"-", group)

    def checkpoint(self, error):
        """Raises in a cancelled program: first `error`, later what ends it (lock held)."""
        task = self.running.get(get_ident())
        if task and task.cancelled:
            if not task.told:
                task.told = True
                raise error("the program was cancelled")
            if not task.interrupted and monotonic() > task.cancelled + self.grace / 2:
                task.interrupted = True
                raise Cancelled

    def cancel(self, task):
        """Has a program end (lock held): its operations raise, then its thread."""
        if task.cancelled:
            return
        task.cancelled = monotonic()
        task.stop()
        channel = self.shield.get(task.ident)
        if channel is not None:
            channel._notify()
        if not self.interrupting:
            self.interrupting = True
            start_thread(self.interrupt)

    def interrupt(self):
        """Raises Cancelled in cancelled programs that do not end when an operation tells them."""
        set_exception(0, None)  # imports what is needed, outside the lock
        while True:
            with self.lock:
                waiting = False
                for ident, task in list(self.running.items()):
                    if task.cancelled and not task.interrupted:
                        if ident in self.shield or monotonic() < task.cancelled + (
                                self.grace / 2 if task.told else GRACE / 10):
                            waiting = True
                        else:
                            task.interrupted = True
                            set_exception(ident, Cancelled)
                if not waiting:
                    self.interrupting = False
                    return
            time.sleep(0.02)

    # -- the end

    def part(self, code, message):
        """Says goodbye if it can be written soon, and closes the link."""
        with self.lock:
            self.post(frame(GOODBYE, 0, encode({"code": code, "message": clip(message)})))
        self.status, self.flushing, until = 1, True, monotonic() + 0.5
        if self.writing.acquire(True, 0.2):
            try:
                while self.control and monotonic() < until:
                    with self.lock:
                        data = b"".join(self.take())
                    self.out_poll.poll(50)
                    self.write(data, wait=False)
            except OSError:
                pass
            finally:
                self.writing.release()
        self.dead = True
        # Closes the link at once, though threads and the supervisor use it.
        self.tell_supervisor(b"x", 0)
        try:
            import _socket  # not socket: its imports could collide with those of a program
            link = _socket.socket(fileno=os.dup(self.outbound))
            link.shutdown(2)
            link.close()
        except (ImportError, OSError):
            pass
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, self.inbound, False)
        os.dup2(null, self.outbound, False)

    def leave(self):
        """Ends the agent and what it has started, within the grace time."""
        with self.lock:
            if self.dead:
                self.notify_all()
            if self.leaving:
                return
            self.ending = self.leaving = True
            for task in list(self.tasks):
                self.cancel(task)
        deadline = monotonic() + self.grace
        groups = {self.pid} & {os.getpgrp()}
        children = relatives(self.pid, groups) if self.started else ()
        signal_all(children, 15)
        while (self.tasks or children) and monotonic() < deadline:
            time.sleep(0.01)
            if not self.tasks:
                children = relatives(self.pid, groups)
        if self.started:
            kill_all(self.pid, groups)
            for task in list(self.tasks):
                task.stop(9)
        if not self.dead and self.writing.acquire(True, 0.1):
            self.writing.release()
            self.flush()
        start_thread(flush_output).join(0.2)
        os._exit(self.status)

    def notify_all(self):
        for channel in list(self.known.values()):
            channel._notify()
            channel._wake()

    def tell_supervisor(self, kind, number):
        try:
            os.write(self.supervisor, pack(">cI", kind, number))
        except OSError:
            pass

    def forked(self):
        """In a child that a program forked: the link is the parent's."""
        self.dead = True
        for descriptor in (self.inbound, self.outbound, self.supervisor):
            os.closerange(descriptor, descriptor + 1)  # never fails
        for name in ("send", "receive", "set", "get", "subscribe", "unsubscribe", "end", "close", "waitclose"):
            setattr(Channel, name, refuse)


def refuse(*arguments, **options):
    raise OSError("the channel belongs to the parent process")


def flush_output():
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except Exception:
            pass


def parse(payload, kind, link=None):
    """A frame's value, of the kind that it must be."""
    try:
        value = decode(payload, link)
    except ValueError as error:
        raise Violation("malformed frame: %s" % error)
    if type(value) is not kind or kind is int and value < 0:
        raise Violation("malformed frame: %s instead of %s" % (type(value).__name__, kind.__name__))
    return value


# ===-- Processes ---------------------------------------------------------===


def processes():
    """All processes: (pid, parent, process group), zombies left out."""
    if not os.path.exists("/proc/self/stat"):
        lines = [line.split() for line in os.popen("ps -A -o pid= -o ppid= -o pgid= -o stat=")]
        return [tuple(map(int, line[:3])) for line in lines if len(line) == 4 and line[3][0] != "Z"]
    result = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % name, "rb") as file:
                fields = file.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if fields and fields[0] not in b"ZX":
            result.append((int(name), int(fields[1]), int(fields[2])))
    return result


def remains(group):
    """Whether a process group has members; reaps those that became our children."""
    alive = False
    try:
        os.kill(-group, 0)
        alive = any(member == group for _, _, member in processes())
        while os.waitpid(-group, os.WNOHANG)[0]:
            pass
    except OSError:
        pass
    return alive


def relatives(root, groups):
    """The descendants of a process, and groups with theirs; without it and this process."""
    everyone, children = processes(), {}
    for pid, parent, group in everyone:
        children.setdefault(parent, []).append(pid)
    found = {pid for pid, _, group in everyone if group in groups}
    pending = [root, *found]
    while pending:
        new = set(children.get(pending.pop(), ())) - found
        found |= new
        pending += new
    return found - {root, os.getpid()}


def signal_all(pids, number):
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            pass


def kill_all(root, groups):
    """Kills relatives, stopped first so that they start nothing meanwhile."""
    found, new = set(), True
    while new:
        new = relatives(root, groups) - found
        signal_all(new, _signal.SIGSTOP)
        found |= new
    signal_all(found, 9)


def adopt_orphans(delay=0.03):
    """Makes this process the parent of orphans, to find them at the end (Linux)."""
    time.sleep(delay)  # the first program has precedence
    if sys.platform.startswith("linux"):
        try:
            import ctypes
            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
        except Exception:
            pass


def start_supervisor(link):
    """Forks a process that kills this one should it survive its link, and what is left when this one has ended.

    It is nobody's child (far code may wait for its own), and holds the link's input, unread, and a pipe to us.
    """
    watched, link.supervisor = os.pipe()
    child = os.fork()
    if child:
        os.close(watched)
        os.waitpid(child, 0)
        return
    try:
        if os.fork() == 0:
            supervise(link.inbound, watched, link.pid)
    finally:
        os._exit(0)


def supervise(link, pipe, agent):
    os.setsid()
    for number in (_signal.SIGHUP, _signal.SIGINT, _signal.SIGTERM, _signal.SIGQUIT):
        _signal.signal(number, _signal.SIG_IGN)
    os.chdir("/")
    groups = {agent} & {os.getpgid(agent)}
    os.dup2(link, 0)
    os.dup2(pipe, 1)
    link, pipe = 0, 1
    try:
        last = max(map(int, os.listdir("/dev/fd")))
    except (OSError, ValueError):
        last = 1024
    os.closerange(2, last + 1)
    poll = poll_for(link, 0x2000 if sys.platform.startswith("linux") else 0)  # POLLRDHUP
    poll.register(pipe, select.POLLIN)
    grace, lost = GRACE, None
    while lost is None or monotonic() < lost + grace + 2:
        for descriptor, _ in poll.poll(lost and max(0, (lost + grace + 2 - monotonic()) * 1000)):
            told = os.read(pipe, 4095) if descriptor == pipe else b"x\0\0\0\0"
            if not told:
                return kill_all(None, groups)  # the agent has ended
            for kind, number in Struct(">cI").iter_unpack(told):
                if kind == b"+":
                    groups.add(number)
                elif kind == b"-":
                    groups.discard(number)
                elif kind == b"g":
                    grace = number / 1000.0
                elif lost is None:
                    poll.unregister(link)
                    os.close(link)
                    lost = monotonic()
    signal_all([agent], _signal.SIGSTOP)
    kill_all(agent, groups)
    signal_all([agent], 9)


# ===-- Start -------------------------------------------------------------===


def serve():
    """Turns this process into an agent whose link is fd 0 and 1."""
    try:
        os.fstat(2)
    except OSError:
        os.open(os.devnull, os.O_WRONLY)
    link = Link(os.dup(0), os.dup(1))
    for descriptor in (link.inbound, link.outbound):
        os.set_blocking(descriptor, True)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.close(null)
    sys.stdin = sys.__stdin__ = open(0, "r", closefd=False)
    sys.stdout = sys.__stdout__ = open(1, "w", 1, "utf-8", "backslashreplace", closefd=False)
    sys.stderr = sys.__stderr__ = open(2, "w", 1, "utf-8", "backslashreplace", closefd=False)
    try:
        if os.getpgrp() != link.pid:
            os.setpgid(0, 0)
    except OSError:
        pass
    module = type(sys)("__execnet_agent__", __doc__)
    module.__dict__.update(globals(), execnet_log_handler=lambda level=0: log_handler(link, level))
    sys.modules["__execnet_agent__"] = module
    link.say(HELLO, {"protocol": [1, 1], "build": "", "limits": {"item": MAX_ITEM}, "info": link.info()})
    if not link.dead:
        start_supervisor(link)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=link.forked)
    else:  # Python 3.6
        fork = os.fork
        os.fork = lambda: fork() or link.forked() or 0
    start_thread(link.read)
    while True:
        try:
            link.main.acquire()
            link.backlog.popleft().run()
        except KeyboardInterrupt:
            start_thread(link.leave)


if __name__ in ("__execnet_agent__", "__main__"):
    serve()
