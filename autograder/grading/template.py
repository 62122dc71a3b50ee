"""The template and its children: where a hand-in's code runs.  Nothing secret is ever in these processes.

The template is started by exec with an empty environment, imports what learners may use, and forks one child for each
request.  A child confines itself, then answers the judge's questions over its one socket, as bytes of `wire`:

    question    {"nonce": n, "do": "run", "source": text, "name": text}     reply  {"nonce": n, "outputs": [...]}
                {"nonce": n, "do": "answer", "name": text}                  reply  {"nonce": n, "kind": ..., ...}
                {"nonce": n, "do": "call", "args": [...], "callbacks": ...} reply  {"nonce": n, "outcome": [...]}
    before the reply to "call", any number of   {"nonce": n, "callback": i, "args": [...]}, each answered
                {"value": ...} or {"error": text}

What a child says is believed of nothing but itself: the judge checks the type and size of every part of it.
"""

import ast
import contextlib
import gc
import importlib
import io
import json
import linecache
import os
import random
import signal
import socket
import struct
import sys
import traceback
import types

from autograder.grading import sandbox

ERROR = 4000  # characters kept of one traceback
OWN = "own"  # the name of a hand-in's folder, in its root


def main():
    """Serve forks until the judge hangs up.  Arguments: the control socket's descriptor, and settings as JSON."""
    control, settings = socket.socket(fileno=int(sys.argv[1])), json.loads(sys.argv[2])
    sandbox.die_with_parent()
    if settings["level"] == sandbox.FULL:
        sandbox.isolate()
    sys.path[:0] = settings["path"]
    for module in settings["modules"]:
        importlib.import_module(module)
    for module in settings["undrawn"]:
        sys.modules[module] = Undrawn(module)
    for module in settings["emptied"]:
        _empty(module)
    sys.path[:] = [folder for folder in sys.path if folder not in settings["path"]]
    root = settings["folder"] if settings["level"] == sandbox.FULL else None
    if root:
        sandbox.own_root(root, settings["shown"])
        os.mkdir(f"{root}/{OWN}")
    places = sandbox.held_open(settings["readable"])
    random.seed(0)
    sys.modules["numpy"].random.seed(0)
    gc.collect()
    gc.freeze()
    control.sendall(b"r")
    while True:
        request, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not request:
            return
        with socket.socket(fileno=descriptors[0]) as channel:
            if root:
                sandbox.fresh_folder(f"{root}/{OWN}", settings["disk"], settings["files"])
            child = os.fork()
            if not child:
                control.close()
                _live(channel, places, settings, root)
        watched = os.pidfd_open(child)
        socket.send_fds(control, [b"p"], [watched])
        os.close(watched)
        _, status = os.waitpid(child, 0)
        control.sendall(struct.pack("i", status))


def _empty(name):
    """Leave a module without anything in it, for those who hold it and for those who will import it."""
    module = sys.modules[name]
    vars(module).clear()
    module.__name__ = name


class Undrawn(types.ModuleType):
    """Stands in for the drawing code: a cell that only draws is not run at grading, and one that tries gets None."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *args, **named):
        return None


def _live(channel, places, settings, root):
    """A child's whole life."""
    try:
        sandbox.die_with_parent()
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        os.chdir(f"{root}/{OWN}" if root else settings["folder"])
        own = sandbox.held_open(["."] if root else [])
        if settings["level"] != sandbox.NONE:
            sandbox.confine(places + own, own, *(settings[k] for k in ("memory", "seconds", "disk", "open")), root)
        for place in (*places, *own, nothing):
            if place > 2:
                os.close(place)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        Child(channel).serve()
    except BaseException:
        os._exit(1)
    os._exit(0)


class Child:
    """Answers the judge: runs cells in one namespace, hands out what they defined, calls it."""

    def __init__(self, channel):
        self.channel, self.held = channel, None
        main = types.ModuleType("__main__")
        sys.modules["__main__"], self.names = main, vars(main)
        self.shell = Shell(self)
        self.names["get_ipython"] = lambda: self.shell

    def serve(self):
        while question := self._receive():
            answer = {"run": self.run, "answer": self.answer, "call": self.call}[question["do"]](question)
            self._send({"nonce": question["nonce"], **answer})

    # sendmsg and recvmsg are denied in here; plain reads and writes are not.

    def _receive(self):
        from autograder.grading.wire import unpack

        head = self._read(8)
        return unpack(self._read(struct.unpack(">Q", head)[0])) if head else None

    def _read(self, size):
        parts = []
        while size and (part := os.read(self.channel.fileno(), min(size, 1 << 20))):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _send(self, message):
        from autograder.grading.wire import pack

        packed = pack(message)
        view = memoryview(struct.pack(">Q", len(packed)) + packed)
        while view:
            view = view[os.write(self.channel.fileno(), view) :]

    def run(self, question):
        """Run one cell; what it printed, showed last and raised comes back."""
        said, complained, shown, failed = Capped(), Capped(), [], None
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complained):
            try:
                self.execute(self.shell.transform(question["source"]), question["name"], shown)
            except BaseException as problem:
                trace = "".join(traceback.format_exception_only(problem))
                failed = [type(problem).__name__, str(problem)[:ERROR], trace[:ERROR]]
        return {"printed": said.text(), "warned": complained.text(), "shown": "".join(shown)[:ERROR], "failed": failed}

    def execute(self, source, name, shown):
        """Run Python text as a notebook's cell does: the value of a last expression is shown."""
        linecache.cache[name] = (len(source), None, source.splitlines(True), name)
        tree = ast.parse(source, name)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), self.names)
        if last is not None:
            value = eval(compile(ast.Expression(last.value), name, "eval"), self.names)
            if value is not None and not source.rstrip().endswith(";"):
                shown.append(repr(value))

    def answer(self, question):
        """What stands under a name: nothing, a function and its parameters, a value, or something that cannot cross."""
        from autograder.check import calling
        from autograder.grading.wire import pack

        self.held = self.names.get(question["name"])
        if callable(self.held):
            return {"kind": "function", "parameters": list(calling.parameters(self.held))}
        try:
            pack(self.held)
        except (TypeError, ValueError, RecursionError):
            return {"kind": "other", "value": type(self.held).__name__}
        return {"kind": "value", "value": self.held}

    def call(self, question):
        """Call the function that `answer` found."""
        from autograder.check import calling

        args = list(question["args"])
        for place, name in question["callbacks"].items():
            args[place] = self._callback(question["nonce"], place, name)
        done = calling.run(self.held, *args)
        return {"outcome": [done.value, done.error, done.printed, done.warned, done.changed]}

    def _callback(self, nonce, place, name):
        from autograder.check import calling

        def called(*args, **named):
            self._send({"nonce": nonce, "callback": place, "args": [*args, *named.values()]})
            reply = self._receive()
            if "error" in reply:
                raise RuntimeError(reply["error"])
            return reply["value"]

        called.__name__ = name
        return calling.Callback(called, most=sys.maxsize)  # the judge counts


class Capped(io.StringIO):
    """What a cell prints: the first 100,000 characters are kept."""

    MOST = 100_000

    def write(self, text):
        room = self.MOST - self.tell()
        super().write(text[: max(room, 0)])
        return len(text)

    def text(self):
        return self.getvalue()


class Shell:
    """As much of IPython as a cell with magics needs: timing runs its code, everything else does nothing."""

    def __init__(self, child):
        from IPython.core.inputtransformer2 import TransformerManager

        self.child, self.transform = child, TransformerManager().transform_cell

    def run_line_magic(self, name, line, *_):
        if name in ("time", "timeit", "prun"):
            self.child.execute(line, f"<%{name}>", [])

    def run_cell_magic(self, name, line, cell):
        if name in ("time", "timeit", "prun", "capture"):
            self.child.execute(self.transform(cell), f"<%%{name}>", [])

    def __getattr__(self, name):
        return lambda *args, **named: None


if __name__ == "__main__":
    main()
