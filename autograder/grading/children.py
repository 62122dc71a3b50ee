"""A hand-in's processes seen from the judge: the template that is forked from, and one child that is asked questions.

Only bytes of `wire` come back from a child, and every part of what it says is checked for type and size.
"""

import contextlib
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from autograder.check import calling

from . import Refusal, sandbox, wire
from .scratch import Scratch

TIMEOUT, MEMORY, CRASH, PROTOCOL = "timeout", "memory", "crash", "protocol"  # how a child may end
# Modules of autograder.check that compute what an exercise may ask for; a child has them empty.
ANSWERING = ("oracles", "lines", "argument", "compare", "diagnosis", "typeset")
MOST_SAID = 20_000_000  # bytes of one message from a child: an array of a million numbers, and words


@dataclass(frozen=True)
class Limits:
    """What a hand-in may use; seconds are of CPU, and ten times as many may pass by the clock."""

    call: float = 5.0  # seconds of one call
    cell: float = 10.0  # seconds of one cell
    hand_in: float = 60.0  # seconds of everything, replays included
    check: float = 30.0  # seconds of our own for one check
    wall: float = 10.0  # times the seconds above
    memory: int = 1 << 30  # bytes
    disk: int = 16 << 20  # bytes in its own folder
    files: int = 200  # in its own folder
    open: int = 64  # files open at once
    output: int = 100_000  # characters kept of a cell's output
    deaths: int = 12  # children it may lose

    @classmethod
    def of(cls, settings):
        """The limits with some of them set, as "call=2.5"; Refusal where there is no such limit."""
        changed = {}
        for setting in settings:
            name, _, value = setting.partition("=")
            try:
                changed[name] = type(getattr(cls, name))(value)
            except (AttributeError, TypeError, ValueError):
                names = ", ".join(vars(cls()))
                raise Refusal(f"{setting!r} sets no limit: write NAME=NUMBER, NAME one of {names}.") from None
        return cls(**changed)


class Interrupted(BaseException):
    """Something outside ended a child: the hand-in is to be judged again.  Not an Exception, as Died is none."""


class Died(BaseException):
    """The child is no more.  Not an Exception: no check may take it for an answer's fault and go on."""

    def __init__(self, how):
        super().__init__(how)
        self.how = how


# --- the template, from outside ---------------------------------------------------------------------------------------


class Template:
    """A template process for one chapter: `child()` gives a fresh child."""

    def __init__(self, known, figures, level, limits):
        self.level, self.limits = level, limits
        self.scratch = Scratch()
        self.folder = self.scratch.path
        os.chmod(self.folder, 0o500)  # without a folder of its own in memory a hand-in can write nothing
        shown, readable = _places()
        ours, theirs = socket.socketpair()
        settings = dict(
            level=level,
            path=_import_path(),
            folder=self.folder,
            modules=_modules(known),
            undrawn=["course.figures", *(f"course.figures.{name}" for name in figures)],
            emptied=[f"autograder.check.{name}" for name in ANSWERING],
            readable=readable,
            shown=shown,
            memory=limits.memory,
            seconds=int(limits.hand_in) + 1,
            disk=limits.disk,
            files=limits.files,
            open=limits.open,
        )
        environment = {"PYTHONHASHSEED": "0", "MPLBACKEND": "agg", "HOME": self.folder, "MPLCONFIGDIR": self.folder}
        environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        environment |= {"PYTHONPATH": os.pathsep.join(_import_path()), "PYTHONDONTWRITEBYTECODE": "1"}
        module = [sys.executable, "-sP", "-m", "autograder.grading.template"]
        command = [*module, str(theirs.fileno()), json.dumps(settings)]
        with theirs:
            self.process = subprocess.Popen(
                command,
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                cwd="/",
            )
        self.control = ours
        if ours.recv(1) != b"r":
            reason = self.process.stderr.read().decode(errors="replace").strip().splitlines()
            self.close()
            raise sandbox.Unavailable(0, reason[-1] if reason else "the template did not start")

    def child(self):
        """A fresh child, as (its socket, a descriptor of the process, its number here)."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.control, [b"f"], [theirs.fileno()])
        _, descriptors, _, _ = socket.recv_fds(self.control, 1, 1)
        if not descriptors:
            raise sandbox.Unavailable(0, "the template ended")
        watched = descriptors[0]
        number = int(re.search(r"^Pid:\s*(\d+)", Path(f"/proc/self/fdinfo/{watched}").read_text(), re.M)[1])
        return ours, watched, number

    def status(self):
        """How the last child ended, as `os.wait` says it."""
        return struct.unpack("i", _exactly(self.control, 4))[0]

    def close(self):
        self.control.close()
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        self.process.stderr.close()
        self.scratch.close()


def _exactly(channel, size):
    parts = []
    while size and (part := channel.recv(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _import_path():
    import autograder
    import course

    return list(dict.fromkeys(str(Path(package.__path__[0]).resolve().parent) for package in (autograder, course)))


def _modules(known):
    given = ["numpy", "matplotlib", "matplotlib.pyplot", "IPython.core.inputtransformer2", "IPython.display"]
    ours = ["autograder.check", "autograder.grading.wire", "course.data"]
    return [*given, *ours, *(f"course.known.{name}" for name in known)]


def _places():
    """Folders and files a child may know of, and those of them it may read.

    The standard library, NumPy, Matplotlib and what it needs, and the data; not what else is installed.
    """
    import sysconfig

    import numpy

    import course.data

    library, packages = Path(sysconfig.get_path("stdlib")), Path(numpy.__file__).resolve().parent.parent
    wanted = "numpy|matplotlib|mpl_toolkits|PIL|pillow|kiwisolver|cycler|dateutil|packaging|pyparsing|contourpy"
    wanted = re.compile(rf"({wanted}|fontTools|six)(\.py|\.libs|-.*)?", re.I)
    common = [p for p in packages.iterdir() if wanted.fullmatch(p.name)]
    common += [Path(course.data.__file__).parent, Path("/etc/localtime"), Path(os.devnull)]
    inside = [p for p in library.iterdir() if p.name not in ("site-packages", "dist-packages")]
    return [str(p) for p in (library, *common)], [str(p) for p in (*inside, *common)]


# --- one child --------------------------------------------------------------------------------------------------------


class Child:
    """One child: asks it questions, counts its seconds, and takes nothing on trust.

    until  when it ends by the clock, whatever it is doing
    """

    def __init__(self, template, limits, until=float("inf")):
        self.template, self.limits, self.until = template, limits, until
        self.channel, self.watched, self.number = template.child()
        self.channel.setblocking(False)
        self.spent, self.alive = 0.0, True

    def cpu(self):
        """Seconds of CPU it has used so far."""
        if self.alive:
            with contextlib.suppress(OSError):
                self.spent = time.clock_gettime((~self.number) << 3 | 2)
        return self.spent

    def ask(self, seconds, question, callbacks=None):
        """Its reply to one question; Died where there is none in time, or none that can be read."""
        nonce = os.urandom(8).hex()
        self._until = time.monotonic() + seconds * self.limits.wall, self.cpu() + seconds
        self._write({"nonce": nonce, **question})
        while True:
            reply = self._read()
            if not isinstance(reply, dict) or _text(reply.pop("nonce", None), 16) != nonce:
                raise self.end(PROTOCOL)
            if "callback" not in reply:
                return reply
            began = time.monotonic()
            self._write(self._call_back(callbacks or {}, reply))
            wall, cpu = self._until
            self._until = wall + time.monotonic() - began, cpu  # our own time is not charged

    def _call_back(self, callbacks, request):
        callback = callbacks.get(request["callback"]) if type(request["callback"]) is int else None
        args = request.get("args")
        if callback is None or not isinstance(args, list) or callback.calls > 2 * callback.most:
            raise self.end(PROTOCOL)
        try:
            return {"value": callback(*args)}
        except Exception as problem:
            return {"error": calling.words(problem)}

    def _write(self, message):
        packed = wire.pack(message)
        left = memoryview(struct.pack(">Q", len(packed)) + packed)
        while left:
            self._wait(select.POLLOUT)
            try:
                left = left[self.channel.send(left) :]
            except (BlockingIOError, InterruptedError):
                continue
            except OSError:
                raise self.end(None) from None

    def _read(self):
        (size,) = struct.unpack(">Q", self._take(8))
        if size > MOST_SAID:
            raise self.end(PROTOCOL)
        try:
            return wire.unpack(self._take(size))
        except (ValueError, RecursionError, MemoryError):
            raise self.end(PROTOCOL) from None

    def _take(self, size):
        taken = bytearray()
        while len(taken) < size:
            self._wait(select.POLLIN)
            try:
                part = self.channel.recv(min(size - len(taken), 1 << 20))
            except (BlockingIOError, InterruptedError):
                continue
            except OSError:
                part = b""
            if not part:
                raise self.end(None)
            taken += part
        return bytes(taken)

    def _wait(self, event):
        """Until the channel is ready; Died when its time is up."""
        poll = select.poll()
        poll.register(self.channel, event)
        wait, ready = 0.02, False
        while not ready:
            wall, cpu = self._until
            if time.monotonic() > min(wall, self.until) or self.cpu() > cpu:
                raise self.end(TIMEOUT)
            ready = poll.poll(wait * 1000)
            wait = min(2 * wait, 0.25)

    def end(self, how):
        """Kill it and wait for its end; returns the Died to raise.  how: None where it hung up by itself."""
        self.cpu()
        ended = how is None and bool(select.select([self.watched], [], [], 1.0)[0])
        if not ended:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.watched, signal.SIGKILL)
        status = self.template.status()
        self.alive = False
        os.close(self.watched)
        self.channel.close()
        if how is None:
            how = CRASH
            if ended and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
                if self.spent < self.limits.hand_in:
                    raise Interrupted  # it cannot send that signal itself
                how = TIMEOUT
        return Died(how)

    # --- the three questions ---

    def run(self, source, name):
        """Run a cell; its outputs as a notebook holds them."""
        reply = self.ask(self.limits.cell, {"do": "run", "source": source, "name": name})
        outputs = []
        for stream, key in (("stdout", "printed"), ("stderr", "warned")):
            if text := _text(reply.get(key), self.limits.output):
                outputs.append(dict(output_type="stream", name=stream, text=text))
        if text := _text(reply.get("shown"), 4000):
            outputs.append(dict(output_type="display_data", data={"text/plain": text}, metadata={}))
        failed = reply.get("failed")
        if isinstance(failed, list) and len(failed) == 3:
            kind, words, trace = (_text(part, 4000) for part in failed)
            if kind == "MemoryError":
                raise self.end(MEMORY)
            outputs.append(dict(output_type="error", ename=kind, evalue=words, traceback=trace.splitlines()))
        return outputs

    def answer(self, name):
        """What the learner's code left under a name, as a check may meet it."""
        reply = self.ask(self.limits.call, {"do": "answer", "name": name})
        kind, value = _text(reply.get("kind"), 16), reply.get("value")
        if kind == "function":
            given = reply.get("parameters")
            given = given[:50] if isinstance(given, list) else ()
            return Function(self, tuple(n for n in given if isinstance(n, str) and n.isidentifier() and len(n) < 80))
        if kind == "value":
            return value
        word = value if isinstance(value, str) and value.isidentifier() and len(value) < 80 else "thing"
        return type(word, (), {})()

    def call(self, args):
        """Call what `answer` found last; a calling.Outcome."""
        callbacks = {i: arg for i, arg in enumerate(args) if isinstance(arg, calling.Callback)}
        plain = [None if i in callbacks else arg for i, arg in enumerate(args)]
        names = {i: callback.__name__ for i, callback in callbacks.items()}
        reply = self.ask(self.limits.call, {"do": "call", "args": plain, "callbacks": names}, callbacks)
        done = reply.get("outcome")
        if not isinstance(done, list) or len(done) != 5:
            raise self.end(PROTOCOL)
        value, error, printed, warned, changed = done
        if error is not None:
            if not isinstance(error, tuple | list) or len(error) != 5 or not isinstance(error[2], int):
                raise self.end(PROTOCOL)
            error = tuple(e if i == 2 else calling.words(e) for i, e in enumerate(error))
            if error[0] == "MemoryError":
                raise self.end(MEMORY)
        many = lambda words: tuple(calling.words(w, 200) for w in words[:5]) if isinstance(words, tuple | list) else ()  # noqa: E731
        printed = _text(printed, calling.MOST_PRINTED)
        try:
            return calling.Outcome(calling.plain(value), error, printed, many(warned), many(changed))
        except TypeError as problem:
            return calling.Outcome(None, ("ReturnedType", calling.words(problem), 0, "", ""), printed)


class Function(calling.Remote):
    """A learner's function, reached through its child."""

    def __init__(self, child, parameters):
        self._child, self.parameters = child, parameters

    def outcome(self, *args):
        return self._child.call(args)

    def __call__(self, *args):
        """For a check that calls it outright; what it raised there is raised here under the same name."""
        done = self._child.call([calling.Callback(a) if callable(a) else a for a in args])
        if done.error:
            raise type(done.error[0] if done.error[0].isidentifier() else "Error", (Exception,), {})(done.error[1])
        return done.value


def _text(value, most):
    """A text from a child, printable, of at most `most` characters; "" for anything else."""
    if not isinstance(value, str):
        return ""
    cut = value[:most] + ("\n... (cut)" if len(value) > most else "")
    return "".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in cut)
