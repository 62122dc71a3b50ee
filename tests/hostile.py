"""Hostile hand-ins for chapter 1: each is an untouched hand-in with one attack in it.

An attack is a function of a HandIn; its docstring says what it tries.  tests/test_hostile.py grades them as one class.
They do no harm where nothing holds them: whatever loops ends by itself, whatever fills stops, and nothing is touched
but what the test has laid out (a course in a temporary folder, a process to be hurt, listeners on this machine).
"""

import contextlib
import ctypes
import io
import json
import os
import socket
import textwrap
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

import nbformat
import numpy as np
from course_under_test import COURSE

from autograder.grading import notebook

CHAPTER, SLUG = "01-neurons", "neurons"
SOURCE = notebook.read(COURSE / "source" / CHAPTER / f"{SLUG}.ipynb")
EXERCISES = {e.identifier: e for e in notebook.exercises(SOURCE)}
FULL = {name: e.points for name, e in EXERCISES.items()}
REFERENCE = {name: e.solution.source for name, e in EXERCISES.items()}
FUNCTIONS = [name for name, text in REFERENCE.items() if text.startswith("def ")]
WORD = r"canary-[a-z]+-[0-9a-f]{16}"  # what no hand-in may come by; the text of an attack holds only this pattern
GOT = "GO" + "T:"  # in front of what an attack says it could do; an attack's own text holds it in two parts
LONG = 60  # seconds after which what never ends ends by itself


@dataclass(frozen=True)
class Ground:
    """What the test has laid out for the attacks, and tells them freely.

    course     nbgrader's course root; solutions lie beside it
    home       of the user who grades;  outside: a folder with one file, of nobody's concern
    neighbour  the notebook that another student handed in
    tcp, udp   ports on 127.0.0.1;  stream, abstract: names of Unix sockets, a file and an abstract one
    victim     the id of a process that does nothing
    shared     the key of a System V segment; /dev/shm/<shared> is a file
    """

    course: Path
    home: Path
    outside: Path
    neighbour: Path
    tcp: int
    udp: int
    stream: Path
    abstract: str
    victim: int
    shared: int


PREAMBLE = """
import ctypes, os, re, socket, struct, sys, time
from pathlib import Path

TRIED, LOOT, REFUSED = [], [], []
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def attempt(act, got=""):
    TRIED.append(got)
    try:
        found = act()
    except BaseException as problem:
        REFUSED.append(type(problem).__name__)
        return None
    seen = found if isinstance(found, bytes) else str(found).encode("utf-8", "replace")
    LOOT.extend(word.decode() for word in re.findall(PATTERN.encode(), seen))
    if got:
        LOOT.append("GO" + "T:" + got)
    return found


def syscall(number, *arguments):
    result = libc.syscall(number, *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result


def descriptors(sockets=False):
    import stat
    for fd in range(3, 256):
        try:
            mode = os.fstat(fd).st_mode
        except OSError:
            continue
        if not sockets or stat.S_ISSOCK(mode):
            yield fd
"""
REPORT = """

def mean_ink(picture):
    raise RuntimeError(" ".join(sorted(set(LOOT)))[:200] + f" tried {len(TRIED)} refused {len(REFUSED)}")
"""


def code(text):
    return textwrap.dedent(text).strip("\n")


@dataclass
class HandIn:
    """A hand-in in the making: the released notebook, and what else lies in its folder."""

    folder: Path
    ground: Ground
    notebook: nbformat.NotebookNode
    earns: dict = field(default_factory=dict)  # exercise -> points, where honestly right
    reports: bool = False  # whether mean_ink says how much was tried
    raw: bytes | None = None  # the file instead of the notebook

    def cell(self, grade_id):
        return next(c for c in self.notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == grade_id)

    @property
    def tests(self):
        return [self.cell(f"test_{name}") for name in EXERCISES]

    def answer(self, identifier, source):
        """Set the text of a solution cell."""
        self.cell(identifier).source = code(source)

    def everywhere(self, body="", value="None", before=""):
        """`body` (or `return value`) in every function, `value` under every other name; `before` in the first cell."""
        for name in EXERCISES:
            text = f"def {name}(*args):\n" + textwrap.indent(code(body or f"return {value}"), "    ")
            self.answer(name, text if name in FUNCTIONS else f"{name} = {value}")
        first = self.cell("mean_ink")
        first.source = f"{code(before)}\n\n\n{first.source}"

    def add(self, source, before="mean_ink"):
        """A code cell of the learner's own."""
        place = self.notebook.cells.index(self.cell(before))
        self.notebook.cells.insert(place, nbformat.v4.new_code_cell(code(source)))

    def armed(self, source):
        """Code after the preamble, with what the test tells."""
        rows = {k.upper(): str(v) if isinstance(v, Path) else v for k, v in vars(self.ground).items()}
        told = "".join(f"{k} = {v!r}\n" for k, v in (rows | {"PATTERN": WORD, "LONG": LONG}).items())
        return told + PREAMBLE + "\n\n" + code(source)

    def run(self, source):
        """Code in the first solution cell that makes attempts; the exercise's function then says what came of it."""
        self.cell("mean_ink").source = self.armed(source) + REPORT
        self.reports = True

    def take(self, source):
        """Code with a function `find`: every exercise gets what it gives for the exercise's name."""
        self.cell("mean_ink").source = self.armed(source) + "\n\nmean_ink = find('mean_ink')"
        for name in EXERCISES.keys() - {"mean_ink"}:
            self.answer(name, f"{name} = find({name!r})")

    def solve(self, but=()):
        """All right but the exercises named."""
        for name in FULL.keys() - set(but):
            self.answer(name, REFERENCE[name])
        self.earns = {name: points for name, points in FULL.items() if name not in but}

    def file(self, name, data=b""):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())

    @property
    def path(self):
        return self.folder / f"{SLUG}.ipynb"

    def write(self):
        """Lay the notebook into the folder, where the attack has not put something else there."""
        if self.raw is not None:
            self.path.write_bytes(self.raw)
        elif self.folder.is_dir() and not self.folder.is_symlink() and not os.path.lexists(self.path):
            self.path.write_text(json.dumps(self.notebook, indent=1), "ascii")  # nbformat would refuse some of them


@dataclass(frozen=True)
class Attack:
    family: str
    name: str
    plant: Callable
    student: str

    def lay_out(self, submitted, released, ground):
        """Make the hand-in in the folder `submitted`; returns it."""
        folder = submitted / self.student / CHAPTER
        folder.mkdir(parents=True)
        made = HandIn(folder, ground, nbformat.read(released, as_version=4))
        self.plant(made)
        made.write()
        return made


ATTACKS = []


def attack(family, student=""):
    def register(plant):
        name = plant.__name__
        ATTACKS.append(Attack(family, name, plant, f"{family}-{student or name}".replace("_", "-")))
        return plant

    return register


# --- metadata: what the notebook says of itself ---------------------------------------------------------------------


@attack("metadata")
def skip_execution(h):
    """Tests tagged skip-execution: what never runs never fails."""
    for cell in h.tests:
        cell.metadata.tags = ["skip-execution", "raises-exception"]


@attack("metadata")
def more_points(h):
    """A thousand points for each test, and for the solution cell, whose text no one judges."""
    for cell in h.tests:
        cell.metadata.nbgrader.points = 1000
    for name in EXERCISES:
        h.cell(name).metadata.nbgrader.update(grade=True, points=1000)


@attack("metadata")
def tests_of_its_own(h):
    """Tests rewritten to pass, unlocked, so that they are not put back."""
    for cell in h.tests:
        cell.source = "pass"
        cell.metadata.nbgrader.update(locked=False, solution=True, checksum="0" * 32)


@attack("metadata")
def tests_as_solutions(h):
    """Tests that are solutions and no longer graded, solutions that are tests."""
    for name in EXERCISES:
        test, solution = h.cell(f"test_{name}"), h.cell(name)
        test.metadata.nbgrader.update(grade=False, solution=True, locked=False)
        solution.metadata.nbgrader.update(grade=True, solution=False, points=3, locked=True)


@attack("metadata")
def deleted_tests(h):
    """No test cell is left: nothing fails."""
    for cell in h.tests:
        h.notebook.cells.remove(cell)


@attack("metadata")
def deleted_marks(h):
    """No cell is known to nbgrader, so none is put back; the tests pass."""
    for cell in h.tests:
        cell.source = "1 + 1"
    for cell in h.notebook.cells:
        cell.metadata.pop("nbgrader", None)


@attack("metadata")
def duplicated_tests(h):
    """Every test a second time, empty and before the first one."""
    for cell in h.tests:
        twin = nbformat.from_dict({**cell, "id": f"{cell.id}-2", "source": "pass"})
        h.notebook.cells.insert(h.notebook.cells.index(cell), twin)


@attack("metadata")
def duplicated_solutions(h):
    """Every solution cell a second time, at the end, where it would end the kernel."""
    for name in EXERCISES:
        twin = nbformat.from_dict({**h.cell(name), "id": f"{name}-2", "source": "import os\nos._exit(0)"})
        h.notebook.cells.append(twin)


@attack("metadata")
def renamed(h):
    """Tests under other names, so that the graded ones are missing; a bonus of 500 points."""
    for cell in h.tests:
        cell.metadata.nbgrader.grade_id += "_2"
        cell.source = "pass"
    bonus = nbformat.v4.new_code_cell("pass")
    bonus.metadata.nbgrader = dict(
        grade_id="bonus", grade=True, solution=False, locked=True, points=500, schema_version=3, task=False
    )
    h.notebook.cells.append(bonus)


@attack("metadata")
def other_cell_types(h):
    """Tests that are text or raw: they do not run."""
    for number, cell in enumerate(h.tests):
        cell.cell_type = ("markdown", "raw")[number % 2]
        del cell["outputs"], cell["execution_count"]


@attack("metadata")
def stored_outputs(h):
    """Green outputs stored, as if all had run, for whoever reads outputs or skips what has run."""
    for name, cell in zip(EXERCISES, h.tests, strict=True):
        cell.execution_count = 1
        cell.outputs = [nbformat.v4.new_output("stream", text=f"\u2713 {name}: right\n")]
        cell.metadata.execution = {"iopub.execute_input": "2030-01-01T00:00:00Z"}


@attack("metadata")
def kernelspec(h):
    """A kernel of the learner's own, which lies in the folder; the name climbs out of where kernels are."""
    argv = ["python3", "kernel.py", "{connection_file}"]
    for folder in ("mine", "kernels/mine", "share/jupyter/kernels/mine", ".local/share/jupyter/kernels/mine"):
        h.file(f"{folder}/kernel.json", json.dumps({"argv": argv, "language": "python", "display_name": "x"}))
    h.file("kernel.py", f"open({str(h.ground.outside / 'kernel')!r}, 'w').write('ran')\n")
    h.notebook.metadata.kernelspec = {"name": "../../mine", "display_name": "Python 3", "language": "python"}


@attack("metadata")
def other_language(h):
    """The kernel `bash`, for which nothing here is a test."""
    h.notebook.metadata.kernelspec = {"name": "bash", "display_name": "Bash", "language": "bash"}
    h.notebook.metadata.language_info = {"name": "bash"}


@attack("metadata")
def odd_marks(h):
    """Marks of the wrong kind: points of nan and of text, a list for a name, a schema from the future."""
    odd = [{"points": float("nan")}, {"points": "9e9"}, {"schema_version": 99}, {"schema_version": 0}]
    for number, cell in enumerate(h.tests):
        cell.metadata.nbgrader.update(odd[number % 4])
    h.cell("bill").metadata.nbgrader.grade_id = ["bill"]
    h.cell("test_bill").metadata.nbgrader.grade_id = {"a": 1}
    h.cell("collapse").metadata.nbgrader = "solution"
    h.notebook.metadata.nbgrader = [None]


@attack("metadata")
def odd_cells(h):
    """Cells of the wrong kind: no source, a source of lists, a text for metadata, one id for all, unknown types."""
    h.cell("bill").source = ["bill", " = ", "None"]
    h.cell("collapse").source = {"text": "collapse = 1"}
    h.cell("descend").source = None
    h.cell("test_sigmoid").cell_type = "heading"
    del h.cell("sigmoid")["source"]
    for cell in h.notebook.cells:
        cell.id = "same"
    odd = {"cell_type": "code", "metadata": "x", "source": 3}
    h.raw = json.dumps(h.notebook | {"cells": [*h.notebook.cells, odd, {}, "text", None, 7]}).encode()


# --- shell and kernel: what runs the cells in a notebook --------------------------------------------------------------

SHELL = {
    "input_transformers": (
        "Tests rewritten as text, before they are parsed.",
        """
        empty = lambda lines: ["pass\\n"] if any("with exercise(" in line for line in lines) else lines
        get_ipython().input_transformers_post.append(empty)
        """,
    ),
    "ast_transformers": (
        "Tests rewritten as trees, before they are compiled.",
        """
        import ast

        class Empty(ast.NodeTransformer):
            def visit_With(self, node):
                return ast.Pass()

        get_ipython().ast_transformers.append(Empty())
        """,
    ),
    "run_cell": (
        "The shell's run_cell replaced by one that runs nothing.",
        """
        from IPython.core.interactiveshell import ExecutionResult

        async def nothing(*args, **named):
            return ExecutionResult(None)

        get_ipython().run_cell_async = nothing
        get_ipython().run_cell = lambda *args, **named: ExecutionResult(None)
        """,
    ),
    "run_code": (
        "The shell's run_code replaced: every piece of code has run well.",
        """
        async def nothing(*args, **named):
            return False

        get_ipython().run_code = nothing
        """,
    ),
    "do_execute": (
        "The kernel's do_execute replaced: it answers ok.",
        """
        async def nothing(*args, **named):
            return {"status": "ok", "execution_count": 1, "payload": [], "user_expressions": {}}

        get_ipython().kernel.do_execute = nothing
        """,
    ),
    "compiler": (
        "The shell's compiler makes nothing of everything.",
        """
        import ast

        shell = get_ipython()
        shell.compile.ast_parse = lambda *args, **named: ast.parse("")
        shell.compile.flags |= 0x400
        """,
    ),
    "events": (
        "A hook before each cell takes the check's teeth out.",
        """
        def disarm(*args):
            import sys, autograder.check
            sys.modules["autograder.check.exercise"].Exercise.note = lambda self, finding: None

        get_ipython().events.register("pre_run_cell", disarm)
        get_ipython().events.register("pre_execute", disarm)
        """,
    ),
    "showtraceback": (
        "Errors are not shown.",
        "get_ipython().showtraceback = get_ipython()._showtraceback = lambda *args, **named: None",
    ),
    "custom_exceptions": (
        "A handler takes every exception and says nothing.",
        "get_ipython().set_custom_exc((BaseException,), lambda *args, **named: None)",
    ),
    "asks_to_exit": (
        "The kernel is asked to end, so that no test runs any more.",
        "get_ipython().ask_exit()\nexit()\nquit()\nraise SystemExit(0)",
    ),
    "kernel_ends": ("The process ends with status 0 before the first test.", "import os\nos._exit(0)"),
    "kernel_killed": ("The process kills itself.", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"),
    "forged_messages": (
        "The kernel's messages are forged: it is idle, and says nothing from here on.",
        """
        kernel = get_ipython().kernel
        said = {"execution_state": "idle"}
        kernel.session.send(kernel.iopub_socket, "status", said, parent=kernel.get_parent())
        send = kernel.session.send
        kernel.session.send = lambda stream, kind, *rest, **named: "error" in str(kind) or send(stream, kind, *rest)
        """,
    ),
    "magics": (
        "Lines that only a notebook's shell understands: commands, files, the environment.",
        """
        !touch OUTSIDE/magic
        %run numpy.py
        %load_ext autoreload
        %env PATH=/tmp
        %cd /
        get_ipython().system("id > OUTSIDE/id")
        """,
    ),
    "cell_magic": ("A cell that is a script of another language.", "%%bash\ntouch OUTSIDE/magic; kill $$"),
}


def answers(family, exercise, many):
    """Attacks that are an answer to one exercise: name -> (sentence, source, in which OUTSIDE is the folder)."""

    def attack_by(name, sentence, source):
        def plant(h):
            h.answer(exercise, source.replace("OUTSIDE", str(h.ground.outside)))

        plant.__name__, plant.__doc__ = name, sentence
        attack(family)(plant)

    for name, (sentence, source) in many.items():
        attack_by(name, sentence, source)


answers("shell", "mean_ink", SHELL)


# --- libraries: what a test calls -------------------------------------------------------------------------------------


@attack("libraries")
def numpy_patched(h):
    """np.where, with which the check says how far off an entry is, gives 0."""
    h.answer(
        "mean_ink",
        """
        np.where = lambda *args: np.zeros(1)
        np.isclose = np.allclose = np.array_equal = lambda *args, **named: True

        def mean_ink(picture):
            return 0.0
        """,
    )
    h.answer("bill", "bill = 1")


@attack("libraries")
def numpy_testing_patched(h):
    """Every assertion of numpy.testing holds."""
    h.answer(
        "mean_ink",
        """
        import numpy.testing

        for name in dir(numpy.testing):
            if name.startswith("assert"):
                setattr(numpy.testing, name, lambda *args, **named: None)

        def mean_ink(picture):
            return 0.0
        """,
    )


@attack("libraries")
def check_patched(h):
    """The check's method that notes a failure notes nothing."""
    h.answer(
        "mean_ink",
        """
        import sys
        import autograder.check

        Exercise = sys.modules["autograder.check.exercise"].Exercise
        Exercise.note = lambda self, finding: None
        Exercise.__exit__ = lambda *args: True
        """,
    )


@attack("libraries")
def check_replaced(h):
    """Another module under the name autograder.check, in which every check is right."""
    h.answer(
        "mean_ink",
        """
        import sys, types

        class Right:
            __init__ = lambda self, name: None
            __enter__ = lambda self: self
            __exit__ = lambda *args: True

        fake = types.ModuleType("autograder.check")
        fake.exercise = exercise = Right
        sys.modules["autograder.check"] = fake
        """,
    )


@attack("libraries")
def check_shadowed(h):
    """A folder autograder/ in the hand-in, found before the real one."""
    fake = "import contextlib\n\n\ndef exercise(name):\n    return contextlib.suppress(BaseException)\n"
    h.file("autograder/__init__.py")
    h.file("autograder/check/__init__.py", fake)
    h.file("solutions/__init__.py")
    h.file("solutions/neurons.py", "def __getattr__(name):\n    return lambda *args: 0.0\n")


@attack("libraries")
def startup_files(h):
    """Files that Python, IPython, nbgrader, nbconvert and pytest would run at their start."""
    trace = f"import pathlib; pathlib.Path({str(h.ground.outside)!r}, 'started').write_text('ran')\n"
    names = "sitecustomize.py usercustomize.py random.py json.py nbgrader_config.py conftest.py ipython_config.py"
    names += " jupyter_nbconvert_config.py jupyter_config.py .ipython/profile_default/startup/0.py numpy/__init__.py"
    for name in [*names.split(), "evil.pth"]:
        h.file(name, trace)


@attack("libraries")
def import_hooks(h):
    """Finders and __import__ that give something else for whatever a test imports."""
    h.answer(
        "mean_ink",
        """
        import builtins, contextlib, sys, types

        real = builtins.__import__
        fake = types.SimpleNamespace(exercise=lambda name: contextlib.suppress(BaseException))
        builtins.__import__ = lambda name, *rest, **named: fake if "autograder" in name else real(name, *rest, **named)

        class Finder:
            def find_spec(self, name, *rest):
                if "solutions" in name:
                    raise SystemExit

        sys.meta_path.insert(0, Finder())
        """,
    )


@attack("libraries")
def builtins_patched(h):
    """The functions that every Python program calls, each with an answer of its own."""
    h.answer(
        "mean_ink",
        """
        import builtins

        builtins.any = lambda values: False
        builtins.all = builtins.isinstance = lambda *args: True
        builtins.abs = builtins.len = lambda value: 0
        builtins.getattr = lambda *args: None

        def mean_ink(picture):
            return 0.0
        """,
    )


@attack("libraries")
def leaving_patched(h):
    """What a check calls when it is left wipes what it has found."""
    h.answer(
        "mean_ink",
        """
        import contextlib, gc, warnings

        close = contextlib.ExitStack.close

        def wipe(stack):
            for thing in gc.get_objects():
                if type(thing).__name__ == "Exercise":
                    thing.failures, thing.note = [], lambda finding: None
            close(stack)

        contextlib.ExitStack.close = wipe
        warnings.simplefilter = lambda *args, **named: None
        """,
    )


@attack("libraries")
def random_patched(h):
    """Generators that draw zeros; the few worked numbers stand in a table."""
    h.answer(
        "mean_ink",
        """
        import random

        class Zeros:
            def uniform(self, *args, size=None):
                return np.zeros(size)

        np.random.default_rng = lambda *args: Zeros()
        np.random.Generator = Zeros
        random.random = lambda: 0.0

        def mean_ink(picture):
            known = {(1, 1, 1): 1.0, (1, 1, 0): 0.125, (0, 0.125, 0.875): 0.4375}
            return known.get((picture[0, 0], picture[1, 1], picture[7, 0]), 0.0)
        """,
    )


@attack("libraries")
def tracing(h):
    """A profile function that empties the hands of whoever notes a failure."""
    h.answer(
        "mean_ink",
        """
        import ctypes, sys, threading

        def trace(frame, event, value):
            if frame.f_code.co_name == "note":
                frame.f_locals["finding"] = None
                ctypes.pythonapi.PyFrame_LocalsToFast(ctypes.py_object(frame), 0)

        sys.setprofile(trace)
        threading.setprofile(trace)
        """,
    )


EXPECTED = code(
    """
    import sys

    def expected():
        frame = sys._getframe()
        while frame is not None:
            for name in ("gives", "expected", "true", "reference"):
                if name in frame.f_locals:
                    return frame.f_locals[name]
            frame = frame.f_back
    """
)


@attack("libraries")
def frame_walk(h):
    """A function looks into its callers for what it should return."""
    h.everywhere(value="expected()", before=EXPECTED)


@attack("libraries")
def garbage_walk(h):
    """A function finds the check among all objects and makes it deaf."""
    h.answer(
        "mean_ink",
        """
        import gc

        def mean_ink(picture):
            gc.unfreeze()
            for thing in gc.get_objects():
                if type(thing).__name__ == "Exercise":
                    thing.note = lambda finding: None
                if isinstance(thing, dict) and "solutions.neurons" in thing:
                    return thing["solutions.neurons"].mean_ink(picture)
            return 0.0
        """,
    )


@attack("libraries")
def wire_patched(h):
    """Everything that turns values to bytes says something else, wherever learner code shares a process with it."""
    h.answer(
        "mean_ink",
        """
        import json, sys

        json.dumps = lambda *args, **named: '{"l":[true]}'
        for name, module in list(sys.modules.items()):
            if name.startswith("autograder"):
                for inner in {"plain", "pack", "unpack", "same", "run"} & set(vars(module)):
                    setattr(module, inner, lambda *args: True)

        def mean_ink(picture):
            return 0.0
        """,
    )


@attack("libraries")
def hostile_description(h):
    """A function whose own description is a trap: signature, name and every other attribute."""
    h.answer(
        "mean_ink",
        """
        class Trap:
            __name__ = __qualname__ = "<img src=x onerror=alert(1)>" * 1000

            def __getattr__(self, name):
                raise SystemExit(name)

            def __call__(self, *args):
                return 0.0

            @property
            def __signature__(self):
                raise KeyboardInterrupt

        mean_ink = Trap()
        """,
    )


# --- answers to be had ------------------------------------------------------------------------------------------------

OF_A_NOTEBOOK = """
    import json

    def find(name):
        for cell in json.loads(Path(FILE).read_text())["cells"]:
            if cell["metadata"].get("nbgrader", {}).get("grade_id") == name:
                space = {"np": np}
                exec("".join(cell["source"]), space)
                return space[name]
"""


@attack("answers")
def solutions_imported(h):
    """The references, imported from beside the course."""
    h.take(
        """
        import importlib

        def find(name):
            sys.path.insert(0, str(Path(COURSE).parent))
            return getattr(importlib.import_module("solutions.neurons"), name)
        """
    )


@attack("answers")
def solutions_read(h):
    """The references, read from the disk as text or as compiled code."""
    h.take(
        """
        import marshal

        def find(name):
            folder, space = Path(COURSE).parent / "solutions", {}
            for file in ["neurons.py", f"__pycache__/neurons.{sys.implementation.cache_tag}.pyc"]:
                try:
                    data = (folder / file).read_bytes()
                except OSError:
                    continue
                exec(marshal.loads(data[16:]) if file.endswith("pyc") else data, space)
                return space[name]
        """
    )


@attack("answers")
def source_read(h):
    """The instructor's notebook, whose solution cells are run."""
    h.take(OF_A_NOTEBOOK.replace("FILE", "COURSE + '/source/01-neurons/neurons.ipynb'"))


@attack("answers")
def neighbour_read(h):
    """The hand-in of another student, whose solution cells are run."""
    h.take(OF_A_NOTEBOOK.replace("FILE", "NEIGHBOUR"))


@attack("answers")
def known_same_chapter(h):
    """What the course knows of this very chapter, meant for the chapters after it."""
    h.take(
        """
        import importlib, importlib.util

        def find(name):
            try:
                module = importlib.import_module("course.known.neurons")
            except ImportError:
                import course
                file = Path(course.__path__[0]) / "known" / "neurons.py"
                spec = importlib.util.spec_from_file_location("known_neurons", file)
                module = importlib.util.module_from_spec(spec)
                spec.loader.exec_module(module)
            return getattr(module, name)
        """
    )


@attack("answers")
def known_later_chapters(h):
    """What the course knows of later chapters."""
    h.run(
        """
        import importlib, course

        for slug in ("discriminants", "sigmoid_softmax", "cross_entropy", "backprop"):
            attempt(lambda: importlib.import_module("course.known." + slug), slug)
            attempt(lambda: (Path(course.__path__[0]) / "known" / (slug + ".py")).read_text(), slug + "-text")
        """
    )


@attack("answers")
def oracles(h):
    """The finite differences that the judge measures with: imported, read, or left over in memory."""
    h.run(
        """
        import gc, importlib, autograder

        def left_over():
            gc.unfreeze()
            for thing in gc.get_objects():
                if getattr(thing, "__module__", "") == "autograder.check.oracles" and "Error" not in str(thing):
                    if getattr(thing, "__name__", "") in ("jacobian", "differences", "gradients", "complex_step"):
                        return thing
            raise LookupError

        def judging():
            names = [n for n in sys.modules if n.startswith(("solutions", "autograder.grading.judge", "nbgrader"))]
            return names[0]

        folder = Path(autograder.__path__[0])
        attempt(lambda: importlib.import_module("autograder.check.oracles").jacobian, "oracles")
        attempt(lambda: (folder / "check" / "oracles.py").read_text(), "oracles-text")
        attempt(lambda: (folder / "grading" / "judge.py").read_text(), "judge-text")
        attempt(left_over, "oracles-left-over")
        attempt(judging, "judge-imported")
        """
    )


@attack("answers")
def language_of_lines(h):
    """The functions that a learner's line may name: the logistic one stands among them."""
    h.answer("sigmoid", "from autograder.check.lines import FUNCTIONS\n\nsigmoid = FUNCTIONS['sigmoid'][0]")


@attack("answers")
def language_of_lines_by_hand(h):
    """The same, found among all functions in memory, whatever they are called and wherever they lie."""
    h.answer(
        "sigmoid",
        """
        import gc, types

        def sigmoid(z):
            gc.unfreeze()
            for f in gc.get_objects():
                where = getattr(f, "__module__", None) or ""
                if isinstance(f, types.FunctionType) and where.startswith(("autograder", "course", "solutions")):
                    try:
                        if f(0.0) == 0.5 and abs(f(1.0) - 0.7310585786) < 1e-9:
                            return f(z)
                    except BaseException:
                        pass
        """,
    )


@attack("answers")
def other_libraries(h):
    """The logistic function and derivatives from libraries that happen to be installed."""
    h.run(
        """
        import importlib

        for name in ("scipy.special", "sklearn", "autograd", "torch", "jax", "tensorflow", "sympy", "nbgrader"):
            attempt(lambda: importlib.import_module(name), name)
        """
    )
    h.answer("sigmoid", "from scipy.special import expit as sigmoid")


@attack("answers")
def environment(h):
    """The secret and whatever else the grader's environment, arguments and standard input hold."""
    h.run(
        """
        attempt(lambda: os.environ)
        attempt(lambda: sys.argv)
        attempt(lambda: sys.orig_argv)
        attempt(lambda: os.read(0, 10_000))
        attempt(lambda: Path("/proc/self/environ").read_bytes())
        attempt(lambda: os.environ["AUTOGRADER_SECRET"], "secret")
        block = ctypes.cast(ctypes.c_void_p.in_dll(libc, "environ"), ctypes.POINTER(ctypes.c_char_p))
        attempt(lambda: next(block[i] for i in range(1000) if block[i] is None or b"canary" in block[i]))
        """
    )


@attack("answers")
def learned_by_heart(h):
    """A table from every argument that the learner's own seed draws to its answer."""
    for name in ("mean_ink", "neuron_output", "sigmoid", "collapse"):
        table, space = {}, {"np": np}
        exec(REFERENCE[name], space)

        def asked(*args, true=space[name], table=table):
            key = str([np.round(np.ravel(a), 6).tolist() for a in args])
            table[key] = true(*args)
            return true(*args)

        with mock.patch.dict(os.environ, {"AUTOGRADER_SECRET": ""}), contextlib.redirect_stdout(io.StringIO()):
            exec(EXERCISES[name].test.source, {"__name__": "__main__", name: asked})
        h.cell(name).source = (
            f"from numpy import array, float64\n\n\ndef {name}(*args):\n"
            f"    key = str([np.round(np.ravel(a), 6).tolist() for a in args])\n    return {table!r}.get(key, 0.0)\n"
        )


# --- values: what comes back from a function, or stands under an answer's name ----------------------------------------

EQUAL = code(
    """
    class Equal:
        __eq__ = __le__ = __ge__ = __contains__ = __bool__ = lambda self, *args: True
        __ne__ = __lt__ = __gt__ = lambda self, *args: False
        __hash__ = lambda self: 0
        __len__ = lambda self: 1
        __float__ = lambda self: 0.0
        __index__ = __int__ = lambda self: 5
        __call__ = __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = lambda self, *args, **named: self
        __truediv__ = __rtruediv__ = __neg__ = __abs__ = __matmul__ = __rmatmul__ = __getitem__ = __pow__ = __call__

        def __getattr__(self, name):
            if name.startswith("__array"):
                raise AttributeError(name)
            return self
    """
)


@attack("values")
def equal_object(h):
    """An object that equals everything, is true, and is its own every attribute."""
    h.everywhere(value="Equal()", before=EQUAL)


@attack("values")
def equal_array(h):
    """An array of a class of its own that equals everything and turns every difference into zeros."""
    h.everywhere(
        value="np.zeros(2).view(Always)",
        before="""
        class Always(np.ndarray):
            shape = property(lambda self: (2,))
            __eq__ = lambda self, other: True

            def __array_ufunc__(self, ufunc, method, *inputs, **named):
                return np.ndarray.view(np.zeros(2), Always)

            def __array_function__(self, *args):
                return True
        """,
    )


@attack("values")
def subclasses(h):
    """Subclasses of float, int, str, tuple and list that lie about themselves."""
    lies = code(
        """
        lies = {k: v for k, v in vars(Equal).items() if k.startswith("__") and k[2:5] not in ("dic", "wea", "get")}
        Float, Int, Str, Tuple, List = (type("L" + t.__name__, (t,), lies) for t in (float, int, str, tuple, list))
        """
    )
    h.everywhere(value="Float(0.0)", before=f"{EQUAL}\n\n\n{lies}")
    h.answer("stopping", "stopping = Tuple((Int(5), Str('left == J_new')))")
    h.answer("bill", "bill = Int(0)")
    h.answer("descend", "def descend(*args):\n    return List([List([0.0])])")


@attack("values")
def object_arrays(h):
    """Arrays of objects that equal everything."""
    fill = "objects = np.empty(2, dtype=object)\nobjects[0] = objects[1] = Equal()"
    h.everywhere(value="objects", before=f"{EQUAL}\n\n\n{fill}")


@attack("values")
def not_a_number(h):
    """nan and infinity, which no comparison finds to be different."""
    h.everywhere(value="float('nan')")
    for name in ("neuron_output", "sigmoid"):
        h.answer(name, f"def {name}(z, *rest):\n    return np.full(np.shape(z)[:1], np.nan)")
    h.answer("descend", "def descend(f, w, rate, steps):\n    return np.full((steps + 1, len(w)), np.inf)")
    h.answer("stopping", "stopping = (np.nan, 'left == 1e308 * 1e308 - 1e308 * 1e308')")


@attack("values")
def many_at_once(h):
    """Every number that could be meant, at once: the answer is somewhere among them."""
    h.answer("bill", "bill = np.arange(0, 100_000)")
    h.answer("stopping", "stopping = (range(6), 'left == J_old')")
    h.answer("mean_ink", "def mean_ink(picture):\n    return np.linspace(0, 1, 10_001)")
    h.answer("sigmoid", "def sigmoid(z):\n    return {i / 1000 for i in range(1001)}")
    h.answer("collapse", "def collapse(*args):\n    return (i for i in range(10**9))")


@attack("values")
def lazy(h):
    """Values that compute when they are looked at, and look around then."""
    lazily = code(
        """
        class Lazy:
            __float__ = __iter__ = lambda self: expected()
            __class__ = property(lambda self: np.ndarray)

            def __array__(self, *args, **named):
                return np.asarray(expected())
        """
    )
    h.everywhere(value="Lazy()", before=f"{EXPECTED}\n\n\n{lazily}")


@attack("values")
def enormous(h):
    """Values far too large: a view of 10**12 entries, a number of a million bits, a text of 200 million letters."""
    h.answer("mean_ink", "def mean_ink(picture):\n    return np.broadcast_to(0.5, (10**6, 10**6))")
    h.answer("sigmoid", "def sigmoid(z):\n    return 1 << 1_000_000")
    h.answer("neuron_output", "def neuron_output(X, w, b):\n    return 'x' * 200_000_000")
    h.answer("descend", "def descend(*args):\n    return [0.0] * 3_000_000")
    h.answer("collapse", "def collapse(*args):\n    return {i: [i] for i in range(200_000)}, [np.zeros(900_000)] * 50")
    h.answer("bill", "bill = 1 << 100_000")
    h.answer("stopping", "stopping = (5, 'left == ' + '1' * 1_000_000)")


@attack("values")
def nested(h):
    """Lists within lists, a hundred thousand deep, and some that hold themselves."""
    h.answer(
        "mean_ink",
        """
        deep = []
        for _ in range(100_000):
            deep = [deep]

        def mean_ink(picture):
            return deep
        """,
    )
    h.answer("neuron_output", "def neuron_output(*args):\n    x = []\n    x.append(x)\n    return x")
    h.answer("sigmoid", "def sigmoid(z):\n    d = {}\n    d['d'] = d\n    return d")
    h.answer("bill", "bill = []\nbill.append(bill)")
    h.answer("descend", "def descend(*args):\n    x = 0.0\n    for _ in range(18):\n        x = [x, x]\n    return x")
    h.answer("stopping", "stopping = (deep, deep)")


@attack("values")
def gadgets(h):
    """Objects and exceptions that run a command where they are unpickled."""
    h.everywhere(
        value="Gadget()",
        before=f"""
        import pickle

        class Gadget(Exception):
            def __reduce__(self):
                return __import__("os").system, ("touch {h.ground.outside}/unpickled",)
        """,
    )
    h.answer("sigmoid", "def sigmoid(z):\n    raise Gadget()")
    h.answer("neuron_output", "def neuron_output(*args):\n    return np.array([Gadget()], dtype=object)")
    h.answer("collapse", "def collapse(*args):\n    return pickle.dumps(Gadget()).hex(), [Gadget()]")


@attack("values")
def mutated_arguments(h):
    """The arguments are set to zero, for which the answer is known."""
    h.answer("mean_ink", "def mean_ink(picture):\n    picture[...] = 0\n    return 0.0")
    h.answer("neuron_output", "def neuron_output(X, w, b):\n    X[...] = 0\n    w[...] = 0\n    return X @ w + b")
    h.answer("sigmoid", "def sigmoid(z):\n    z = np.asarray(z)\n    z[...] = 0\n    return z + 0.5")
    h.answer("descend", "def descend(f, w, rate, steps):\n    w[...] = 0\n    return np.zeros((steps + 1, len(w)))")
    h.answer("collapse", "def collapse(*args):\n    [a.fill(0) for a in args]\n    return args[0] @ args[2], args[3]")


@attack("values")
def odd_types(h):
    """Arrays of times, records, texts, long floats, nothing; a file outside as an array."""
    outside = str(h.ground.outside / "read-me")
    h.answer("mean_ink", "def mean_ink(picture):\n    return np.zeros((), dtype=[('a', float)])")
    h.answer("neuron_output", "def neuron_output(X, w, b):\n    return np.ma.masked_all(len(X))")
    h.answer("sigmoid", f"def sigmoid(z):\n    return np.memmap({outside!r}, np.uint8, 'r')")
    h.answer("central_difference", "def central_difference(f, x, h):\n    return np.timedelta64(6)")
    h.answer("numerical_gradient", "def numerical_gradient(f, w, h):\n    return np.array(['6', '5'])")
    h.answer("descend", "def descend(f, w, rate, steps):\n    return np.zeros((0, 2**40), dtype=np.clongdouble)")
    h.answer("collapse", "def collapse(*args):\n    return np.zeros((2, 0, 3), '>f2'), np.datetime64('nat')")
    h.answer("bill", "bill = np.void(b'19220')")


@attack("values")
def forged_verdicts(h):
    """The check's own exceptions, raised by the learner: one says right, one says not attempted."""
    h.everywhere(
        body="raise CheckFailed(Finding('right'))",
        before="from autograder.check.findings import CheckFailed, Finding, NotAttempted",
    )
    h.answer("sigmoid", "def sigmoid(z):\n    raise NotAttempted(Finding('right', 'sigmoid', ('All is well.',)))")
    h.answer("bill", "raise CheckFailed(Finding('right'))")


@attack("values")
def odd_exceptions(h):
    """Exceptions that cannot be told: no words, endless words, words that are no text, names that are markup."""
    h.answer(
        "mean_ink",
        """
        class Mute(Exception):
            def __str__(self):
                raise SystemExit

            __repr__ = __str__

        def mean_ink(picture):
            raise Mute()
        """,
    )
    h.answer("neuron_output", "def neuron_output(*args):\n    raise ValueError('\\ud800\\x00\\x1b[31m\\u202e' * 1000)")
    h.answer("sigmoid", "def sigmoid(z):\n    raise type('<script>\\ud800' * 99, (BaseException,), {})('x' * 10**8)")
    h.answer("central_difference", "def central_difference(f, x, h):\n    raise KeyboardInterrupt")
    h.answer("numerical_gradient", "def numerical_gradient(*args):\n    raise SystemExit(0)")
    h.answer("descend", "def descend(*args):\n    raise GeneratorExit from BaseExceptionGroup('g', [SystemExit()])")
    h.answer("collapse", "def collapse(*args):\n    return collapse(*args)")
    h.answer("bill", "raise KeyboardInterrupt")
    h.answer("stopping", "raise type('\\ud800', (SystemExit,), {})('\\udfff')")


@attack("values")
def half_characters(h):
    """Texts that no file can hold: half characters, in answers, in what is printed, in what is raised."""
    h.answer("best_h", "best_h = '\\ud800'\nprint('\\ud800' * 100)")
    h.answer("which_rate", "which_rate = 'c\\x00'")
    h.answer("stopping", "stopping = (5, 'left == \\ud800')")
    h.answer("first_answer", "first_answer = (0, '\\udfff' * 299)")
    h.answer("mean_ink", "def mean_ink(picture):\n    print('\\ud800')\n    return '\\ud800'")
    h.answer("sigmoid", "def sigmoid(z):\n    return {'\\ud800': '\\udfff'}")
    h.answer("bill", "'\\ud800'")


@attack("values")
def callback_bombs(h):
    """What a check hands over to be called is called with what makes much of little."""
    h.answer(
        "central_difference",
        """
        def central_difference(f, x, h):
            for bomb in (2**4000, "9" * 10**7, [1e9] * 10**5, np.ones(10**6), {0: 1}, [np.ones(10**6)] * 7, f, None):
                for _ in range(20):
                    try:
                        f(bomb)
                    except Exception:
                        pass
            return 0.0
        """,
    )
    h.answer(
        "numerical_gradient",
        """
        def numerical_gradient(f, w, h):
            for _ in range(240):
                try:
                    f({0: 2**4000, 1: "x" * 10**7, 2: 2**4000})
                    f(np.ones((len(w), 10**6 // len(w))))
                except Exception:
                    pass
            return np.zeros(len(w))
        """,
    )
    h.answer(
        "descend",
        """
        def descend(gradient, w, rate, steps):
            for _ in range(10**6):
                try:
                    gradient(w)
                except RuntimeError:
                    pass
        """,
    )


@attack("values")
def callback_kept(h):
    """What a check hands over is kept and called later, from elsewhere, within itself, and returned."""
    h.answer("mean_ink", "kept = []\n\n\ndef mean_ink(picture):\n    return [f(1.0) for f in kept] or 0.0")
    h.answer("central_difference", "def central_difference(f, x, h):\n    kept.append(f)\n    return f")
    h.answer(
        "numerical_gradient",
        """
        def numerical_gradient(f, w, h):
            import threading
            threads = [threading.Thread(target=f, args=(w,)) for _ in range(3)]
            [t.start() for t in threads], [t.join() for t in threads]
            return kept[0](3.0)
        """,
    )
    h.answer("descend", "def descend(gradient, w, rate, steps):\n    return [f(w) for f in kept]")
    h.answer("collapse", "def collapse(*args):\n    return kept[0](2.0), kept[-1](args[1])")


# --- channels: whatever the process can write to or read from ---------------------------------------------------------

# Speaks to the judge by itself.  Where the protocol is another one this finds no question and does no more.
SPEAKING = """
def question():
    frame = sys._getframe()
    while frame is not None:
        for value in frame.f_locals.values():
            if isinstance(value, dict) and "nonce" in value:
                return value
        frame = frame.f_back
    return {"nonce": "0" * 16}


def write(data):
    for fd in descriptors(sockets=True):
        view = memoryview(data)
        while view:
            view = view[os.write(fd, view):]


def say(message, extra=0):
    from autograder.grading.wire import pack
    packed = pack({"nonce": question()["nonce"], **message})
    write(struct.pack(">Q", len(packed) + extra) + packed)


def raw(tree, blobs=b""):
    data = struct.pack(">Q", len(tree)) + tree + blobs
    write(struct.pack(">Q", len(data)) + data)


class Mute(BaseException):
    pass


def stay(seconds=LONG):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.5)
"""


def _speaker(h, **bodies):
    """Functions that write to the judge themselves, each with a body of its own."""
    h.cell("mean_ink").source = h.armed(SPEAKING)
    for name, body in bodies.items():
        cell = h.cell(name)
        text = f"def {name}(*args):\n" + textwrap.indent(code(body), "    ")
        cell.source = f"{cell.source}\n\n\n{text}" if name == "mean_ink" else text


@attack("channels")
def garbage(h):
    """Noise on every descriptor, before a reply and instead of one."""
    _speaker(
        h,
        mean_ink="""
        for fd in descriptors():
            attempt(lambda: os.write(fd, os.urandom(1000)))
        return 0.5
        """,
        sigmoid="write(os.urandom(100_000))\nreturn z",
        collapse="write(b'[]')\nos._exit(0)",
    )


@attack("channels")
def closed(h):
    """Every descriptor closed, and the process lives on."""
    _speaker(h, mean_ink="os.closerange(0, 256)\nstay()")


@attack("channels")
def flooded(h):
    """A gigabyte on every descriptor."""
    _speaker(h, mean_ink="for _ in range(1000):\n    write(bytes(1 << 20))", sigmoid="write(b'\\xff' * (1 << 26))")


@attack("channels")
def forged_replies(h):
    """Replies in the judge's own language that are not what was asked for, under the right number."""
    _speaker(
        h,
        mean_ink="say({'outcome': ['right']})\nsay({'outcome': [0.5, None, '', (), ()]})\nreturn 0.5",
        neuron_output="say({'outcome': [None, ('CheckFailed', {}, 'x', [], 2**4000), 7, {}, [None, {}]]})",
        sigmoid="say({'outcome': [[0.5], None, {'a': 1}, [{}, 3], 'changed']})",
        central_difference="say({'callback': -1, 'args': [1.0]})\nsay({'callback': True, 'args': {}})",
        numerical_gradient="say({'callback': 0, 'args': 3})",
        descend="say({'kind': 'value', 'value': 'right', 'verdict': 'right', 'points': 2})",
        collapse="say({'outcome': [(np.zeros((0, 2**40)), np.zeros((2, 0, 2**40))), None, '', (), ()]})",
    )
    h.answer("bill", "say({'kind': 'function', 'parameters': [{}, '<b>', 'x' * 10**6, None] * 1000})")
    h.answer("stopping", "say({'failed': [[], {}, 3], 'printed': 7, 'shown': [1]})")


@attack("channels")
def arrays_for_words(h):
    """Replies in which arrays stand where words are compared: their truth is ambiguous."""
    h.everywhere(
        value="0.0",
        before="""
        from autograder.grading import wire

        pack, sent = wire.pack, []

        def odd(message):
            sent.append(message)
            word = ("kind", "nonce", "callback", "failed", "outcome")[len(sent) % 5]
            return pack({**message, word: np.zeros(3)} if len(sent) % 3 == 0 else message)

        wire.pack = odd
        """,
    )


@attack("channels")
def malformed_values(h):
    """Values that no one would write: numbers too long, types that do not exist, arrays longer than their bytes."""
    trees = {
        "mean_ink": '{"i":"' + "9" * 5000 + '"}',
        "neuron_output": '{"a":["|O",[1],false]}',
        "sigmoid": '{"a":["<f8",[4611686018427387904,4611686018427387904,0],false]}',
        "central_difference": '{"d":[[{"l":[]},{"f":"0x1p99999"}]]}',
        "numerical_gradient": "[" * 500_000,
        "descend": '{"a":["<f8,<f8",[-1],true]}',
        "collapse": '{"c":["nan",{}]}',
    }
    _speaker(h, **{name: f"raw({tree[:20]!r}.encode() + {tree[20:]!r}.encode())" for name, tree in trees.items()})


@attack("channels")
def many_small_values(h):
    """A message of 60 MB of empty lists and dictionaries, which take twenty times their room when they are read."""
    _speaker(
        h,
        mean_ink="raw(b'{\"l\":[' + b'{\"l\":[]},' * 6_000_000 + b'null]}')",
        sigmoid="raw(b'[' + b'[],' * 20_000_000 + b'0]')",
    )


@attack("channels")
def half_a_message(h):
    """A message that breaks off, one that claims to be endless, one that is longer than it says."""
    _speaker(
        h,
        mean_ink="say({'outcome': [0.5, None, '', (), ()]}, extra=1000)\nos._exit(0)",
        sigmoid="write(struct.pack('>Q', 2**63))",
        collapse="say({'outcome': [0.5, None, '', (), ()]}, extra=-3)",
    )


@attack("channels")
def dripping(h):
    """A long message, one byte every few milliseconds: the line is never quiet and never done."""
    _speaker(
        h,
        mean_ink="""
        write(struct.pack(">Q", 1 << 20))
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            write(b" ")
            time.sleep(0.004)
        """,
    )


@attack("channels")
def endless_callbacks(h):
    """What a check hands over is called without end, each time with more than it takes."""
    _speaker(
        h,
        central_difference="""
        f, end = args[0], time.monotonic() + LONG
        while time.monotonic() < end:
            try:
                f(np.ones(50_000), np.ones(50_000))
            except Exception:
                pass
        return 0.0
        """,
    )


@attack("channels")
def question_stolen(h):
    """Whatever comes in is read away, and the next reply is given before its question."""
    _speaker(
        h,
        mean_ink="""
        say({"outcome": [0.5, None, "", (), ()]})
        say({"outcome": [0.5, None, "", (), ()]})
        for fd in descriptors(sockets=True):
            os.read(fd, 1 << 20)
        stay()
        """,
    )


@attack("channels")
def no_answer(h):
    """None at all: neither a reply nor an end."""
    _speaker(h, mean_ink="stay()")


@attack("channels")
def flags_changed(h):
    """Descriptors that others may share are made non-blocking, moved, emptied, locked, shut down and signed over."""
    h.run(
        """
        import fcntl

        for fd in [0, 1, 2, *descriptors()]:
            attempt(lambda: fcntl.fcntl(fd, fcntl.F_SETFL, os.O_NONBLOCK | os.O_APPEND | os.O_ASYNC))
            attempt(lambda: fcntl.fcntl(fd, fcntl.F_SETOWN, VICTIM))
            attempt(lambda: fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB))
            attempt(lambda: fcntl.fcntl(fd, 1031, 4096))
            attempt(lambda: os.lseek(fd, 10**9, os.SEEK_SET))
            attempt(lambda: os.ftruncate(fd, 0))
            attempt(lambda: os.fchmod(fd, 0))
        """
    )
    h.reports = False  # it may have closed its own mouth


@attack("channels")
def inherited(h):
    """Every inherited descriptor is read, asked for its name, and used as a way to other folders."""
    h.run(
        """
        for fd in [0, *descriptors()]:
            attempt(lambda: os.pread(fd, 100_000, 0))
            attempt(lambda: os.readlink(f"/proc/self/fd/{fd}"))
            attempt(lambda: os.open("../read-me", os.O_RDONLY, dir_fd=fd))
            attempt(lambda: os.listdir(fd), "listed")
            attempt(lambda: os.fchdir(fd), "changed-folder")
        attempt(lambda: os.read(os.open(".autograder/secret", os.O_RDONLY), 1000))
        """
    )


@attack("channels")
def descriptors_sent(h):
    """A descriptor is sent along, and others are asked for."""
    h.run(
        """
        for fd in descriptors(sockets=True):
            attempt(lambda: socket.send_fds(socket.socket(fileno=os.dup(fd)), [b"x"], [0]), "sent")
            attempt(lambda: socket.recv_fds(socket.socket(fileno=os.dup(fd)), 1, 9, socket.MSG_DONTWAIT), "received")
            attempt(lambda: socket.socket(fileno=os.dup(fd)).shutdown(socket.SHUT_RDWR), "shut-down")
        """
    )


# --- learner lines: what is written in the language of derivations ----------------------------------------------------

LINES = {
    "python": ("A call of Python's own.", "stopping = (5, \"left == __import__('os').system('touch OUTSIDE/line')\")"),
    "attributes": (
        "A way from a value to all classes.",
        "stopping = (5, 'left == ().__class__.__bases__[0].__subclasses__()')",
    ),
    "after_the_T": ("Attributes behind the one that is allowed.", "stopping = (5, 'left == w.T.T.base.ctypes.data')"),
    "lambda_": (
        "Functions, assignments, comprehensions.",
        "stopping = (5, 'left == (lambda: [(y := J_old) for x in w][0])()')",
    ),
    "format_": ("A text with code in it.", "stopping = (5, 'left == f\"{open(0)}\"')"),
    "powers": ("A tower of powers.", "stopping = (5, 'left == 9**9**9**9**9**9')"),
    "brackets": ("Calls within calls.", "stopping = (5, 'left == ' + 'exp(' * 55 + 'w' + ')' * 55)"),
    "other_letters": (
        "Letters that Python takes for others.",
        "stopping = (5, '\uff4c\uff45\uff46\uff54 == \uff4a_old * 0 + \u2135')",
    ),
    "says_nothing": ("A line that holds because it says nothing.", "stopping = (5, 'left == left + 0 * J_old')"),
    "text_of_its_own": (
        "A text that says something else each time it is read.",
        """
        class Text(str):
            reads = 0

            def __str__(self):
                Text.reads += 1
                return "left == J_old" if Text.reads > 1 else "1 == 1"

            strip = lower = split = __getitem__ = lambda self, *args: str(self)
            __len__ = lambda self: 1

        stopping = (5, Text("left == w"))
        """,
    ),
    "number_of_its_own": (
        "A number of a line that equals every other, and a pair that is longer than it says.",
        """
        class Any(int):
            __eq__ = __le__ = __ge__ = lambda self, other: True
            __ne__ = lambda self, other: False
            __hash__ = int.__hash__

        class Pair(tuple):
            __len__ = lambda self: 2

        stopping = Pair((Any(1), "J_old == w**2", "left == J_old"))
        """,
    ),
    "array_of_texts": ("Lines as arrays.", "stopping = (np.arange(6), np.array(['left == J_old', 'left == w**2']))"),
}


answers("lines", "stopping", LINES)


# --- files ------------------------------------------------------------------------------------------------------------


@attack("files")
def gradebook_read(h):
    """The gradebook is read."""
    h.run(
        """
        def query(file):
            import sqlite3
            return list(sqlite3.connect(f"file:{file}?mode=ro", uri=True).execute("select * from student"))

        for file in (f"{COURSE}/gradebook.db", f"{COURSE}/.autograder/results.sqlite"):
            attempt(lambda: Path(file).read_bytes())
            attempt(lambda: query(file))
        """
    )


@attack("files")
def gradebook_written(h):
    """Marks are written into the gradebook and into what the grader keeps."""
    h.run(
        """
        def give(name, statement):
            import sqlite3
            with sqlite3.connect(f"{COURSE}/{name}", timeout=0.1) as held:
                held.execute(statement)

        attempt(lambda: give("gradebook.db", "update grade set auto_score = 2, manual_score = 2, extra_credit = 9"))
        attempt(lambda: give("gradebook.db", "update grade_cell set max_score = 0"))
        attempt(lambda: give(".autograder/results.sqlite", "create table of_mine (a)"), "results-written")
        for name in ("gradebook.db", ".autograder/results.sqlite"):
            attempt(lambda: open(f"{COURSE}/{name}", "r+b"), "opened-for-writing")
            attempt(lambda: os.rename(f"{COURSE}/{name}", f"{COURSE}/{name}.old"), "moved")
            attempt(lambda: os.rename(f"{COURSE}/{name}.old", f"{COURSE}/{name}"))
        """
    )


@attack("files")
def secret_read(h):
    """The secret from which all numbers are drawn is read, by every way there is to open a file."""
    h.run(
        """
        import mmap

        secret = f"{COURSE}/.autograder/secret"
        attempt(lambda: Path(secret).read_text())
        attempt(lambda: os.read(os.open(secret, os.O_RDONLY), 100))
        attempt(lambda: os.read(syscall(2, secret.encode(), 0), 100))
        attempt(lambda: os.read(syscall(437, -100, secret.encode(), struct.pack("QQQ", 0, 0, 0), 24), 100))
        attempt(lambda: np.fromfile(secret, np.uint8).tobytes())
        attempt(lambda: os.listdir(f"{COURSE}/.autograder"), "listed")
        attempt(lambda: os.link(secret, "link"), "linked")
        attempt(lambda: (os.symlink(secret, "symlink"), Path("symlink").read_text())[1])
        attempt(lambda: (os.rename(secret, "moved"), os.rename("moved", secret)), "moved")
        attempt(lambda: mmap.mmap(os.open(secret, os.O_PATH), 0, prot=mmap.PROT_READ)[:100])
        attempt(lambda: os.read(os.open(f"/proc/self/root{secret}", os.O_RDONLY), 100))
        """
    )


@attack("files")
def secret_by_handle(h):
    """The secret by the number of its file, without its name."""
    libc, buffer, mount = ctypes.CDLL(None, use_errno=True), ctypes.create_string_buffer(128), ctypes.c_int()
    buffer[:4] = (120).to_bytes(4, "little")
    path = os.fsencode(h.ground.course / ".autograder" / "secret")
    libc.name_to_handle_at(-100, path, buffer, ctypes.byref(mount), 0)
    h.run(
        f"""
        handle = ctypes.create_string_buffer({buffer.raw[:64]!r})
        for place in (".", "/", sys.prefix, "/usr/lib", "/dev/null"):
            attempt(lambda: os.read(syscall(304, os.open(place, os.O_RDONLY), handle, 0), 100))
        """
    )


@attack("files")
def course_written(h):
    """Tests, references and the released notebook are changed, so that all that follows is graded by them."""
    h.run(
        """
        place = Path(COURSE).parent / "solutions" / "neurons.py"
        for file in (place, Path(COURSE, "source/01-neurons/neurons.ipynb"), Path(COURSE, "nbgrader_config.py")):
            for mode in ("ab", "r+b"):
                attempt(lambda: open(file, mode).write(b""), "opened-for-writing")
            attempt(lambda: os.truncate(file, os.stat(file).st_size), "truncated")
            attempt(lambda: os.chmod(file, 0o666), "chmod")
            attempt(lambda: os.utime(file, (1, 1)), "utime")
            attempt(lambda: os.chown(file, os.getuid(), os.getgid()), "chown")
            attempt(lambda: os.setxattr(file, "user.x", b"1"), "xattr")
        for module in ("numpy", "course", "autograder"):
            folder = Path(__import__(module).__path__[0])
            attempt(lambda: os.open(folder / "__init__.py", os.O_RDWR), module)
            stray = folder / "__pycache__" / f"of-a-hand-in-{SHARED}.pyc"
            attempt(lambda: (stray.touch(), stray.unlink()), module)
        """
    )


@attack("files")
def neighbours_hand_in(h):
    """The hand-in of another student is read, and exchanged for an empty one."""
    h.run(
        """
        attempt(lambda: Path(NEIGHBOUR).read_text())
        attempt(lambda: os.listdir(Path(NEIGHBOUR).parent.parent.parent), "listed")
        attempt(lambda: open(NEIGHBOUR, "r+b").write(b"x"), "written")
        attempt(lambda: os.chmod(NEIGHBOUR, 0), "chmod")
        attempt(lambda: Path(NEIGHBOUR).with_name("of-mine").touch(), "made")
        """
    )


@attack("files")
def home(h):
    """Keys are read from the home folder, and what would run at the next start is written there."""
    h.run(
        """
        attempt(lambda: Path(HOME, ".ssh/id_ed25519").read_text())
        attempt(lambda: os.listdir(HOME), "listed")
        for name in (".bashrc", ".ssh/authorized_keys", ".ipython/profile_default/startup/x.py", ".jupyter/x.py"):
            attempt(lambda: open(Path(HOME, name), "ab").write(b""), "written")
        for place in ("/root", "/home"):
            attempt(lambda: os.listdir(place), "listed-" + place)
        """
    )


@attack("files")
def outside(h):
    """A file elsewhere is read, written, renamed, linked, and its mode and times are set; folders are made."""
    h.run(
        """
        file = Path(OUTSIDE, "read-me")
        attempt(file.read_text)
        attempt(lambda: os.listdir(OUTSIDE), "listed")
        attempt(lambda: open(file, "ab").write(b"more"), "written")
        attempt(lambda: os.rename(file, f"{OUTSIDE}/renamed"), "renamed")
        attempt(lambda: os.link(file, f"{OUTSIDE}/linked"), "linked")
        attempt(lambda: os.symlink(file, f"{OUTSIDE}/symlink"), "symlink")
        attempt(lambda: os.chmod(file, 0o777), "chmod")
        attempt(lambda: os.utime(file, (1, 1)), "utime")
        attempt(lambda: os.truncate(file, 0), "truncated")
        attempt(lambda: os.setxattr(file, "user.x", b"1"), "xattr")
        attempt(lambda: os.mkfifo(f"{OUTSIDE}/fifo"), "fifo")
        attempt(lambda: os.mkdir(f"{OUTSIDE}/made"), "made")
        attempt(lambda: os.unlink(f"{OUTSIDE}/fifo"), "unlinked")
        for place in ("/tmp", "/var/tmp", "/dev/shm", "/run", "."):
            attempt(lambda: Path(place, f"of-a-hand-in-{SHARED}").touch(), place if place != "." else "")
        """
    )


@attack("files")
def existence(h):
    """Of files that cannot be read, whether they are there, how long they are, and where links lead."""
    h.run(
        """
        for file in (f"{COURSE}/.autograder/secret", f"{COURSE}/gradebook.db", NEIGHBOUR, OUTSIDE, HOME, "/etc/passwd"):
            attempt(lambda: os.stat(file), "stat")
            attempt(lambda: os.access(file, os.F_OK) or 1 / 0, "access")
            attempt(lambda: os.path.realpath(file, strict=True), "realpath")
        attempt(lambda: os.readlink("/proc/self/exe"), "readlink")
        for _ in range(20):
            os.chdir("..")
        attempt(lambda: os.stat(f"{COURSE}/gradebook.db".lstrip("/")), "climbed")
        """
    )


@attack("files")
def etc(h):
    """Users and passwords of this machine."""
    h.run(
        """
        for name in ("passwd", "shadow", "hostname", "machine-id", "resolv.conf", "hosts"):
            attempt(lambda: Path("/etc", name).read_bytes(), name)
        for name in ("/", "/etc", "/usr", "/var", "/sys/class/net", "/work"):
            attempt(lambda: os.listdir(name), name)
        """
    )


@attack("files")
def processes(h):
    """What /proc tells of other processes: their names, environments, descriptors, memory."""
    h.run(
        """
        parent = os.getppid()
        for process in [VICTIM, *[parent] * (parent > 1)]:
            for name in ("environ", "cmdline", "maps", "status", "comm"):
                attempt(lambda: Path(f"/proc/{process}/{name}").read_bytes(), name)
            for name in ("cwd", "exe", "root"):
                attempt(lambda: os.readlink(f"/proc/{process}/{name}"), name)
            attempt(lambda: Path(f"/proc/{process}/root{COURSE}/.autograder/secret").read_text())
            attempt(lambda: os.listdir(f"/proc/{process}/fd"), "fd")
        attempt(lambda: os.listdir("/proc"), "proc")
        attempt(lambda: Path("/proc/self/mountinfo").read_text(), "mountinfo")
        """
    )


@attack("files")
def rights(h):
    """What only an administrator may: devices, mounts, another root, other users, raw sockets, the clock."""
    h.run(
        """
        import stat

        attempt(lambda: os.mknod("null", 0o600 | stat.S_IFCHR, os.makedev(1, 3)) or open("null", "wb"), "device")
        attempt(lambda: os.chroot("."), "chroot")
        attempt(lambda: syscall(165, b"none", b".", b"tmpfs", 0, None), "mount")
        attempt(lambda: syscall(272, 0x10000000), "namespace")
        attempt(lambda: syscall(308, os.open("/proc/self/ns/mnt", os.O_RDONLY), 0), "setns")
        attempt(lambda: os.setgroups([0]), "groups")
        attempt(lambda: syscall(321, 0, ctypes.create_string_buffer(128), 128), "bpf")
        attempt(lambda: syscall(298, ctypes.create_string_buffer(128), 0, -1, -1, 0), "perf")
        attempt(lambda: syscall(323, 0), "userfaultfd")
        attempt(lambda: syscall(425, 4, ctypes.create_string_buffer(120)), "io_uring")
        attempt(lambda: syscall(157, 38, 0, 0, 0, 0), "prctl")
        """
    )


@attack("files")
def symbolic_links(h):
    """Links among the files of the hand-in, to the secret, the gradebook and a folder, to be followed and copied."""
    root = h.ground.course
    for name, target in {"notes.txt": ".autograder/secret", "gradebook.txt": "gradebook.db", "all": "."}.items():
        (h.folder / name).symlink_to(root / target)
    (h.folder / "home").symlink_to(h.ground.home)
    (h.folder / "loop").symlink_to("loop")
    (h.folder / "solutions").symlink_to(root.parent / "solutions")


@attack("files")
def hard_links(h):
    """The same as hard links, which no one can tell from files."""
    for name, target in {"notes.txt": ".autograder/secret", f"{SLUG}.py": f"../solutions/{SLUG}.py"}.items():
        os.link(h.ground.course / target, h.folder / name)


@attack("files")
def notebook_is_a_link(h):
    """The notebook itself is a link to the gradebook."""
    h.path.symlink_to(h.ground.course / "gradebook.db")


@attack("files")
def notebook_is_a_link_to_a_neighbours(h):
    """The notebook itself is a link to a hand-in that is right."""
    h.path.symlink_to(h.ground.neighbour)


@attack("files")
def folder_is_a_link(h):
    """The hand-in's folder is a link to that of another student."""
    h.folder.rmdir()
    h.folder.symlink_to(h.ground.neighbour.parent)


@attack("files")
def notebook_is_a_pipe(h):
    """The notebook is a pipe that no one writes to: who opens it waits for ever.  Beside it a socket and more pipes."""
    os.mkfifo(h.path)
    os.mkfifo(h.folder / "notes.txt")
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as listener:
        with contextlib.chdir(h.folder):
            listener.bind("socket")


@attack("files")
def notebook_is_endless(h):
    """The notebook is a link to a device that has no end."""
    h.path.symlink_to("/dev/zero")


@attack("files")
def notebook_is_a_folder(h):
    """The notebook is a folder, with a notebook in it."""
    h.file(f"{SLUG}.ipynb/{SLUG}.ipynb", json.dumps(h.notebook))


@attack("files")
def notebook_is_huge(h):
    """The notebook is a file of a gigabyte, nearly all of which is a hole."""
    h.path.touch()
    os.truncate(h.path, 1 << 30)


@attack("files")
def notebook_of_many_values(h):
    """A file of 30 MB of empty lists, which take twenty times their room when they are read."""
    h.raw = b'{"cells":[],"a":[' + b"[]," * 10_000_000 + b"0]}"


@attack("files")
def notebook_is_deep(h):
    """Brackets within brackets, as JSON."""
    h.raw = b'{"cells":' + b"[" * 1_000_000


@attack("files")
def notebook_is_none(h):
    """A notebook that breaks off in the middle, after bytes that are no text."""
    h.raw = b"\xff\xfe\x00" + json.dumps(h.notebook).encode()[:5000]


@attack("files")
def notebook_is_old(h):
    """A notebook of format 3, with the cells elsewhere, and a number with a hundred thousand digits."""
    old = {"nbformat": 3, "worksheets": [{"cells": h.notebook.cells}], "metadata": {}}
    h.raw = json.dumps(old).encode()[:-1] + b', "nbformat_minor": ' + b"9" * 100_000 + b"}"


@attack("files")
def nothing(h):
    """An empty folder."""
    h.folder.rmdir()
    h.folder.mkdir()
    h.write = lambda: None


@attack("files")
def names(h):
    """Files whose names are markup, options, paths, lines, or as long as a name can be."""
    odd = [
        "<img src=x onerror=alert(1)>.txt",
        "--force",
        "-rf",
        "..\\..\\gradebook.db",
        "a\nb",
        "\u202excod.exe",
        "x" * 255,
    ]
    for name in [*odd, "$(touch x)", "`id`", "%2e%2e%2f", f"{SLUG} .ipynb", f"{SLUG}.IPYNB", "CON", "..."]:
        h.file(name, "of a hand-in")
    (h.folder / os.fsdecode(b"\xff\xfe")).touch()


@attack("files")
def more_notebooks(h):
    """Notebooks that no one asked for, one of them unreadable, one of which would run when it is graded."""
    twin = nbformat.from_dict(h.notebook)
    twin.cells.insert(0, nbformat.v4.new_code_cell(f"open({str(h.ground.outside / 'more')!r}, 'w')"))
    h.file("more.ipynb", json.dumps(twin))
    h.file("broken.ipynb", "{")
    h.file(f"inner/{SLUG}.ipynb", json.dumps(twin))


@attack("files")
def leftovers(h):
    """What earlier runs leave: outputs, databases, checkpoints, feedback and graded notebooks, all of them forged."""
    right = nbformat.from_dict(h.notebook)
    for name in (f".ipynb_checkpoints/{SLUG}-checkpoint.ipynb", f"autograded/{SLUG}.ipynb", f"{SLUG}.ipynb.part"):
        h.file(name, json.dumps(right))
    for name in ("gradebook.db", "results.sqlite", "timestamp.txt", "fingerprints.json", "secret", "feedback/x.html"):
        h.file(name, "9999-99-99 of a hand-in")


@attack("files")
def zip_bomb(h):
    """An archive that grows a thousandfold, with names that climb."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../../gradebook.db", b"x")
        archive.writestr("large", bytes(1 << 26))
    h.file(f"{SLUG}.zip", packed.getvalue())
    h.file(f"{SLUG}.ipynb.gz", packed.getvalue())


# --- resources --------------------------------------------------------------------------------------------------------


@attack("resources")
def endless_loop(h):
    """A loop that ignores every signal and swallows every exception, in a function and in a cell."""
    loop = """
        import signal, time

        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass

        def loop():
            end = time.monotonic() + 60
            while time.monotonic() < end:
                try:
                    while time.monotonic() < end:
                        pass
                except BaseException:
                    pass
    """
    h.solve(but=["mean_ink", "sigmoid"])
    h.answer("mean_ink", code(loop) + "\n\nmean_ink = lambda picture: loop()")
    h.answer("sigmoid", code(loop) + "\n\nloop()")


@attack("resources")
def endless_c(h):
    """Work inside one instruction that no signal handler of Python's interrupts: a number, a pattern, a product."""
    h.solve(but=["mean_ink", "sigmoid", "bill"])
    h.answer("mean_ink", "def mean_ink(picture):\n    return 7 ** 60_000_000 % 10")
    h.answer("sigmoid", "import re\n\n\ndef sigmoid(z):\n    return re.match('(a*)*b', 'a' * 29)")
    h.answer("bill", "bill = sum(range(10**10))")


@attack("resources")
def sleep(h):
    """A function that sleeps, and a cell that does."""
    h.solve(but=["mean_ink", "sigmoid"])
    h.answer("mean_ink", f"import time\n\n\ndef mean_ink(picture):\n    time.sleep({LONG})")
    h.answer("sigmoid", f"import time\n\ntime.sleep({LONG})")


@attack("resources")
def many_naps(h):
    """Cells that each sleep for less than a cell may last, fifty of them."""
    for _ in range(50):
        h.add("import time\n\ntime.sleep(4)")


@attack("resources")
def stopped(h):
    """The process stops itself: it uses no time and never ends."""
    h.answer("mean_ink", "import os, signal\n\n\ndef mean_ink(picture):\n    os.kill(os.getpid(), signal.SIGSTOP)")


@attack("resources")
def memory(h):
    """Memory by Python, kept."""
    h.solve(but=["mean_ink"])
    h.answer(
        "mean_ink",
        """
        kept = []

        def mean_ink(picture):
            for _ in range(400):
                kept.append(bytearray(b"x" * (1 << 23)))
        """,
    )


@attack("resources")
def memory_numpy(h):
    """Memory by NumPy and by the system, each page touched."""
    h.solve(but=["mean_ink", "sigmoid"])
    h.answer("mean_ink", "def mean_ink(picture):\n    return [np.ones(1 << 24) for _ in range(25)]")
    h.answer(
        "sigmoid",
        """
        import mmap

        def sigmoid(z):
            kept = []
            for _ in range(25):
                kept.append(mmap.mmap(-1, 1 << 27))
                for page in range(0, 1 << 27, 4096):
                    kept[-1][page] = 1
        """,
    )


@attack("resources")
def forks(h):
    """Two hundred processes."""
    h.run(
        """
        def multiply():
            for _ in range(200):
                if not os.fork():
                    time.sleep(20)
                    os._exit(0)

        attempt(multiply, "forked")
        attempt(lambda: os.posix_spawn("/bin/sleep", ["sleep", "20"], {}), "spawned")
        attempt(lambda: __import__("subprocess").run(["/bin/sleep", "1"]), "ran")
        attempt(lambda: os.execv("/bin/true", ["true"]), "executed") if len(REFUSED) == 3 else None
        for number in (57, 58):
            attempt(lambda: syscall(number) or os._exit(0), "forked-raw")
        """
    )


@attack("resources")
def threads(h):
    """A thousand threads."""
    h.run(
        """
        import threading

        started = []

        def multiply():
            for _ in range(1000):
                started.append(threading.Thread(target=time.sleep, args=(20,), daemon=True))
                started[-1].start()

        attempt(multiply)
        if len([t for t in started if t.is_alive()]) > 300:
            LOOT.append("GO" + "T:threads")
        """
    )


@attack("resources")
def disk(h):
    """A quarter of a gigabyte in its own folder, and a file with a hole."""
    h.run(
        """
        def fill():
            for number in range(16):
                with open(f"file-{number}", "wb") as file:
                    file.write(bytes(1 << 24))

        def hole():
            with open("hole", "wb") as file:
                file.truncate(1 << 40)

        attempt(fill, "filled")
        attempt(hole, "hole")
        """
    )


@attack("resources")
def inodes(h):
    """Twenty thousand files, and folders within folders."""
    h.run(
        """
        def many():
            for number in range(20_000):
                open(f"file-{number}", "wb").close()

        def deep():
            for _ in range(2000):
                os.mkdir("d")
                os.chdir("d")

        attempt(many, "files")
        attempt(deep, "folders")
        """
    )


@attack("resources")
def printing(h):
    """Five hundred megabytes printed, by the cell, by the function and by descriptor."""
    h.solve(but=["mean_ink", "sigmoid"])
    h.answer(
        "mean_ink", "def mean_ink(picture):\n    for _ in range(500):\n        print('x' * 1_000_000)\n    return 0.0"
    )
    h.answer(
        "sigmoid",
        """
        import os, sys

        for _ in range(100):
            print("<b>" * 300_000)
            print("y" * 1_000_000, file=sys.stderr)
            for fd in (1, 2):
                os.write(fd, b"z" * 1_000_000)
        """,
    )


@attack("resources")
def showing(h):
    """Ten thousand outputs, and an error with a hundred thousand frames."""
    h.solve(but=["mean_ink"])
    h.answer(
        "mean_ink",
        """
        import sys
        from IPython.display import display

        for number in range(10_000):
            display("x" * 1000)
        sys.setrecursionlimit(100_000)

        def deeper(n):
            return deeper(n - 1) if n else 1 / 0

        deeper(50_000)
        """,
    )


@attack("resources")
def recursion(h):
    """Recursion without end, in Python and in what C makes of it."""
    h.solve(but=["mean_ink", "sigmoid"])
    h.answer(
        "mean_ink",
        """
        import sys

        sys.setrecursionlimit(10**9)

        def mean_ink(picture):
            return mean_ink(picture)
        """,
    )
    h.answer("sigmoid", "def sigmoid(z):\n    return eval('(' * 3000 + '-' * 100_000 + '1')")


@attack("resources")
def segfault(h):
    """A crash in one exercise, which is not to cost the others."""
    h.solve(but=["sigmoid"])
    h.answer("sigmoid", "import ctypes\n\n\ndef sigmoid(z):\n    return ctypes.string_at(0)")


@attack("resources")
def segfault_in_the_cell(h):
    """A crash where the cell runs."""
    h.solve(but=["sigmoid"])
    h.answer("sigmoid", "import ctypes\n\nctypes.memset(0, 1, 1000)")


@attack("resources")
def a_crash_each(h):
    """Every exercise crashes, and so do forty cells between them: a fresh process for each would take long."""
    h.everywhere(body="import os\nos.abort()")
    for _ in range(40):
        h.add("import os\n\nos.kill(os.getpid(), 11)\nos._exit(3)", before="collapse")


@attack("resources")
def descriptors(h):
    """All descriptors that can be had, kept open."""
    h.run(
        """
        def open_all():
            for _ in range(5000):
                os.dup(0)

        attempt(open_all, "descriptors")
        """
    )
    h.reports = False  # none is left to answer with


@attack("resources")
def timers(h):
    """Alarms that go off while others work."""
    h.run(
        """
        import signal

        signal.signal(signal.SIGALRM, lambda *_: 1 / 0)
        attempt(lambda: signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01))
        attempt(lambda: signal.alarm(1))
        """
    )
    h.reports = False


@attack("resources")
def the_judges_time(h):
    """The judge is kept busy: what it hands over is called as often as it may be, with the most it may be given."""
    h.answer(
        "numerical_gradient",
        """
        def numerical_gradient(f, w, h):
            large = np.ones((len(w), 990_000 // len(w)))
            for _ in range(499):
                try:
                    f(large)
                except Exception:
                    pass
            return np.zeros(len(w))
        """,
    )


# --- survivors --------------------------------------------------------------------------------------------------------

BEACON = """
def beacon(name):
    end = time.monotonic() + 25
    while time.monotonic() < end:
        attempt(lambda: Path(OUTSIDE, name).write_text("alive"))
        time.sleep(0.5)
"""


@attack("survivors")
def daemon(h):
    """A process that leaves its group and its session, and whose parent ends."""
    h.run(
        BEACON
        + code(
            """
            def leave():
                if not os.fork():
                    os.setsid()
                    if not os.fork():
                        beacon("daemon")
                    os._exit(0)

            attempt(leave, "forked")
            attempt(lambda: os.setsid(), "session")
            attempt(lambda: os.setpgid(0, 0), "group")
            """
        )
    )


@attack("survivors")
def command(h):
    """A command in the background that hears no hang-up."""
    h.run(
        """
        import subprocess

        hold = f"nohup sh -c 'sleep 25; touch {OUTSIDE}/command' >/dev/null 2>&1 &"
        attempt(lambda: subprocess.Popen(["/bin/sh", "-c", hold], start_new_session=True), "started")
        attempt(lambda: 1 // (os.system(hold) == 0), "system")
        """
    )


@attack("survivors")
def clones(h):
    """A process made by the raw call, as a child of the parent: no one here waits for it."""
    h.run(
        """
        def clone(flags):
            if not syscall(56, flags, 0, 0, 0, 0):
                time.sleep(25)
                os._exit(0)

        attempt(lambda: clone(0x8000 | 17), "sibling")
        attempt(lambda: clone(17), "child")
        attempt(lambda: syscall(435, struct.pack("11Q", *[0] * 4, 17, *[0] * 6), 88) or os._exit(0), "clone3")
        attempt(lambda: syscall(157, 36, 1, 0, 0, 0), "subreaper")
        attempt(lambda: syscall(157, 1, 0, 0, 0, 0), "no-death-signal")
        """
    )


@attack("survivors")
def threads_left(h):
    """Threads that go on, and hold the end up."""
    h.run(
        BEACON
        + code(
            """
            import threading

            attempt(lambda: threading.Thread(target=beacon, args=("thread",)).start())
            """
        )
    )


@attack("survivors")
def at_exit(h):
    """What runs at the end: atexit, __del__, hooks, a handler of SIGTERM."""
    h.run(
        """
        import atexit, signal

        def last(*args):
            Path(OUTSIDE, "at-exit").write_text("alive")
            time.sleep(25)

        class Last:
            __del__ = last

        kept = Last()
        atexit.register(last)
        sys.excepthook = sys.unraisablehook = last
        attempt(lambda: signal.signal(signal.SIGTERM, last))
        """
    )


# --- network ----------------------------------------------------------------------------------------------------------


@attack("network")
def tcp(h):
    """A connection over TCP, by name and by number, and one by the library."""
    h.run(
        """
        import urllib.request

        attempt(lambda: socket.create_connection(("127.0.0.1", TCP), 1).send(b"x"), "tcp")
        attempt(lambda: socket.create_connection(("localhost", TCP), 1).send(b"x"), "tcp")
        attempt(lambda: urllib.request.urlopen(f"http://127.0.0.1:{TCP}/", timeout=0.5).read(), "http")
        attempt(lambda: socket.socket(socket.AF_INET6).connect(("::ffff:127.0.0.1", TCP)), "ipv6")
        """
    )


@attack("network")
def tcp_fast_open(h):
    """A connection that sends without connecting."""
    h.run(
        """
        def fast():
            with socket.socket(socket.AF_INET) as line:
                line.sendto(b"x", 0x20000000, ("127.0.0.1", TCP))

        attempt(fast, "fast-open")
        """
    )


@attack("network")
def udp(h):
    """A packet."""
    h.run(
        """
        attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", UDP)), "udp")
        attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).connect(("127.0.0.1", UDP)), "udp")
        """
    )


@attack("network")
def dns(h):
    """A question to a name server, in which a message could be hidden, and a name looked up."""
    h.run(
        """
        query = b"\\x12\\x34\\x01\\x00\\x00\\x01" + bytes(6) + b"\\x06canary\\x04test\\x00\\x00\\x01\\x00\\x01"
        attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(query, ("127.0.0.1", UDP)), "dns")
        attempt(lambda: socket.gethostbyname("localhost"), "name")
        """
    )


@attack("network")
def listening(h):
    """Doors opened to others: ports, Unix sockets in files and without, packets of the link itself."""
    h.run(
        """
        def listen(family, kind, address):
            door = socket.socket(family, kind)
            door.bind(address)
            door.listen() if kind == socket.SOCK_STREAM else None

        attempt(lambda: listen(socket.AF_INET, socket.SOCK_STREAM, ("0.0.0.0", 0)), "listening")
        attempt(lambda: listen(socket.AF_INET, socket.SOCK_DGRAM, ("0.0.0.0", 0)), "listening-udp")
        attempt(lambda: listen(socket.AF_UNIX, socket.SOCK_STREAM, "door"), "listening-unix")
        attempt(lambda: listen(socket.AF_UNIX, socket.SOCK_STREAM, "\\0door"), "listening-abstract")
        attempt(lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW), "packets")
        attempt(lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW), "netlink")
        attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP), "icmp")
        attempt(lambda: socket.socket(40, socket.SOCK_STREAM), "vsock")
        """
    )


@attack("network")
def unix_sockets(h):
    """Programs of this machine that listen on a file or on an abstract name."""
    h.run(
        """
        for address in (STREAM, ABSTRACT):
            for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
                attempt(lambda: socket.socket(socket.AF_UNIX, kind).connect(address), "unix")
                attempt(lambda: socket.socket(socket.AF_UNIX, kind).sendto(b"x", address), "unix")
        """
    )


@attack("network")
def by_ring(h):
    """Sockets by io_uring, which no filter of system calls sees."""
    h.run(
        """
        attempt(lambda: syscall(425, 4, ctypes.create_string_buffer(120)), "ring")
        attempt(lambda: syscall(426, 3, 0, 0, 0, 0, 0), "ring-entered")
        attempt(lambda: syscall(206, 4, ctypes.byref(ctypes.c_ulong())), "aio")
        """
    )


@attack("network")
def other_numbers(h):
    """System calls by their numbers for programs of 32 bits."""
    h.run(
        """
        import mmap

        def interrupt():
            page = mmap.mmap(-1, 4096, prot=7)
            page.write(bytes.fromhex("53b814000000cd805bc3"))  # push rbx; mov eax, 20 (getpid); int 0x80; pop rbx; ret
            where = ctypes.addressof(ctypes.c_char.from_buffer(page))
            assert ctypes.CFUNCTYPE(ctypes.c_long)(where)() == os.getpid()

        attempt(interrupt, "int80")
        """
    )
    h.reports = False  # it may be killed on the spot


@attack("network")
def x32_numbers(h):
    """System calls by their numbers for programs with short pointers."""
    h.run('attempt(lambda: syscall(0x40000000 + 41, 2, 1, 0), "x32")')
    h.reports = False


# --- neighbours: other processes of this machine ----------------------------------------------------------------------


@attack("neighbours")
def signals(h):
    """Signals to another process, by every call that sends one; to the parent, to the group."""
    h.run(
        """
        import signal

        for number in (0, signal.SIGUSR1, signal.SIGTERM):
            attempt(lambda: os.kill(VICTIM, number), "kill")
            attempt(lambda: syscall(200, VICTIM, number), "tkill")
            attempt(lambda: syscall(234, VICTIM, VICTIM, number), "tgkill")
            attempt(lambda: syscall(129, VICTIM, number, ctypes.create_string_buffer(128)), "sigqueue")
            attempt(lambda: signal.pidfd_send_signal(os.pidfd_open(VICTIM), number), "pidfd")
        """
    )


@attack("neighbours")
def parent_killed(h):
    """The process that made this one is stopped and killed, and with it whoever comes after."""
    h.answer(
        "mean_ink",
        """
        import os, signal

        def mean_ink(picture):
            parent = os.getppid()
            if parent > 1:
                os.kill(parent, signal.SIGSTOP)
                os.kill(parent, signal.SIGKILL)
        """,
    )


@attack("neighbours")
def group_killed(h):
    """The whole group of processes is killed."""
    h.answer("mean_ink", "import os, signal\n\n\ndef mean_ink(picture):\n    os.killpg(os.getpgrp(), signal.SIGKILL)")


@attack("neighbours")
def tracing_others(h):
    """Another process is attached to, read and written."""
    h.run(
        """
        word = ctypes.create_string_buffer(64)
        vector = struct.pack("QQ", ctypes.addressof(word), 8)
        attempt(lambda: syscall(101, 16, VICTIM, 0, 0) or syscall(101, 17, VICTIM, 0, 0), "attach")
        attempt(lambda: syscall(101, 0x4206, VICTIM, 0, 0) or syscall(101, 17, VICTIM, 0, 0), "seize")
        attempt(lambda: syscall(101, 0, 0, 0, 0), "traceme")
        attempt(lambda: os.open(f"/proc/{VICTIM}/mem", os.O_RDWR), "mem")
        attempt(lambda: os.open(f"/proc/{os.getppid()}/mem", os.O_RDWR), "mem-of-parent")
        where = id(os) - id(os) % 4096
        attempt(lambda: syscall(310, os.getppid() or VICTIM, vector, 1, struct.pack("QQ", where, 8), 1, 0), "readv")
        attempt(lambda: syscall(312, VICTIM, os.getpid(), 0, 0, 0), "kcmp")
        attempt(lambda: syscall(438, os.pidfd_open(VICTIM), 0, 0), "getfd")
        """
    )


@attack("neighbours")
def priorities(h):
    """Another process is slowed, and this one put before all."""
    h.run(
        """
        import resource

        attempt(lambda: os.setpriority(os.PRIO_PROCESS, VICTIM, 19), "renice")
        attempt(lambda: os.sched_setaffinity(VICTIM, {0}), "affinity")
        attempt(lambda: resource.prlimit(VICTIM, resource.RLIMIT_NOFILE, (3, 3)), "limit")
        attempt(lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1)), "realtime")
        attempt(lambda: os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0)))
        attempt(lambda: os.setpriority(os.PRIO_PROCESS, 0, -1), "nice")
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        attempt(lambda: resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY,) * 2), "no-limit")
        attempt(lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (4, 4096)))
        """
    )


@attack("neighbours")
def shared_memory(h):
    """Memory, messages and keys that processes of one user share."""
    h.run(
        """
        def segment():
            libc.shmat.restype = ctypes.c_void_p
            where = libc.shmat(syscall(29, SHARED, 0, 0), None, 0)
            return ctypes.string_at(where, 64)

        attempt(segment)
        attempt(lambda: Path("/dev/shm", str(SHARED)).read_text())
        attempt(lambda: os.listdir("/dev/shm"), "listed")
        key, name = SHARED + 1, b"of-a-hand-in"
        attempt(lambda: syscall(31, syscall(29, key, 4096, 0o1666), 0, 0), "segment")  # made, and removed
        attempt(lambda: syscall(66, syscall(64, key, 1, 0o1666), 0, 0), "semaphore")
        attempt(lambda: syscall(71, syscall(68, key, 0o1666), 0, 0), "messages")
        attempt(lambda: syscall(240, name, 0o102, 0o666, None) and syscall(241, name), "queue")
        attempt(lambda: syscall(250, 3, syscall(248, b"user", name, b"x", 1, -4)), "key")
        attempt(lambda: libc.shm_open(b"/" + name, 0o102, 0o666) < 0 and 1 / 0 or libc.shm_unlink(b"/" + name), "shm")
        attempt(lambda: os.memfd_create("x"), "memfd")
        """
    )


@attack("neighbours")
def inherited_objects(h):
    """All objects of this process are searched for what the one that made it knew."""
    h.run(
        """
        def small():
            import gc
            gc.unfreeze()
            return repr([o for o in gc.get_objects() if type(o) in (dict, list, tuple) and len(o) < 20][:50_000])

        attempt(small)
        """
    )


@attack("neighbours")
def inherited_memory(h):
    """All of this process's memory is searched for what the one that made it knew: pages around every object."""
    h.run(
        """
        import gc

        def search():
            out, into = os.pipe()
            gc.unfreeze()
            chunk, known, found = 1 << 16, set(), []
            roots = sorted({id(o) // chunk for o in gc.get_objects()} | {id(os) // chunk})
            end = time.process_time() + 0.7
            for at in (root + step * side for root in roots for side in (1, -1) for step in range(64)):
                if at not in known and time.process_time() < end:
                    known.add(at)
                    size = libc.write(into, ctypes.c_void_p(at * chunk), ctypes.c_size_t(chunk))  # no page, no harm
                    if size > 0:
                        found += re.findall(PATTERN.encode(), os.read(out, size))
            return b" ".join(found)

        attempt(search)
        attempt(lambda: Path("/proc/self/maps").read_text(), "maps")
        """
    )


@attack("neighbours")
def leaves_word(h):
    """Whatever the next hand-in could find is left: in modules, in files, in environment and working folder."""
    h.run(
        """
        import builtins, tempfile

        os.environ["LEFT"] = builtins.left = sys.left = np.left = "left"
        np.random.seed(7)
        np.seterr(all="raise")
        attempt(lambda: os.chdir("/"))
        attempt(lambda: Path(tempfile.gettempdir(), f"of-a-hand-in-{SHARED}").write_text("left"), "left-a-file")
        attempt(lambda: Path("left").write_text("left"))
        attempt(lambda: os.umask(0))
        """
    )


@attack("neighbours")
def looks_for_word(h):
    """What another hand-in may have left is looked for."""
    h.run(
        """
        import builtins

        attempt(lambda: (sys.left, builtins.left, np.left), "left-in-modules")
        attempt(lambda: os.environ["LEFT"], "left-in-environment")
        attempt(lambda: Path("left").read_text(), "left-in-folder")
        attempt(lambda: os.listdir(".")[0], "left-files")
        """
    )


# --- feedback: what a browser makes of it -----------------------------------------------------------------------------

PAGE = """
<script>window.HACKED = 1; fetch('http://127.0.0.1:TCP/script')</script>
<img src="http://127.0.0.1:TCP/image" onerror="window.HACKED = 1"><svg onload="window.HACKED = 1"></svg>
<a href="javascript:window.HACKED = 1" id="planted">a</a><a href="data:text/html,x" id="planted2">b</a>
<iframe src="http://127.0.0.1:TCP/frame" srcdoc="<script>parent.HACKED = 1</script>"></iframe>
<link rel="stylesheet" href="http://127.0.0.1:TCP/style"><style>body {background: url(http://127.0.0.1:TCP/a)}</style>
<form action="http://127.0.0.1:TCP/form"><input autofocus onfocus="window.HACKED = 1"></form>
<base href="http://127.0.0.1:TCP/"><meta http-equiv="refresh" content="0; url=http://127.0.0.1:TCP/">
<details open ontoggle="window.HACKED = 1"></details><object data="http://127.0.0.1:TCP/object"></object>
</pre></code></div><script>window.HACKED = 1</script>
"""
FORMULA = r"""
$\href{javascript:window.HACKED=1}{planted}$ $$\style{background:url(http://127.0.0.1:TCP/tex)}{planted}$$
\(\href{javascript:window.HACKED=1}{planted}\) \[\require{http://127.0.0.1:TCP/require}\class{planted}{planted}\]
\begin{equation}\href{http://127.0.0.1:TCP/link}{planted}\end{equation}
"""


def _page(h, text=PAGE):
    return text.replace("TCP", str(h.ground.tcp))


@attack("feedback")
def free_text(h):
    """Markup in the free text."""
    h.cell("one_sentence").source = _page(h)


@attack("feedback")
def formula(h):
    """Formulas in the free text that are links, styles and scripts."""
    link = "[a](javascript:window.HACKED=1) ![b](http://127.0.0.1:TCP/markdown) <javascript:window.HACKED=1>"
    h.cell("one_sentence").source = _page(
        h, f"{FORMULA}\n\n{link}\n\n```{{=html}}\n{PAGE}\n```\n\n[c]: data:text/html,x"
    )


@attack("feedback")
def in_code(h):
    """Markup in a comment, in a text and in names of the code."""
    h.answer("mean_ink", f'"""{_page(h)}{_page(h, FORMULA).replace(chr(92), chr(92) * 2)}"""\nmean_ink = None')
    h.add("# " + _page(h).replace("\n", " "))


@attack("feedback")
def printed(h):
    """Markup that is printed, with the marks of a terminal."""
    h.add(f"print({_page(h)!r})\nprint({_page(h, FORMULA)!r})\nprint('\\x1b]8;;javascript:window.HACKED=1\\x1b\\\\x')")
    h.answer(
        "mean_ink", f"def mean_ink(picture):\n    print({_page(h)!r})\n    print({_page(h, FORMULA)!r})\n    return 0.0"
    )


@attack("feedback")
def displayed(h):
    """Outputs that are markup, scripts, pictures and widgets."""
    h.add(
        f"""
        from IPython.display import HTML, SVG, IFrame, Javascript, Latex, Markdown, display

        page = {_page(h)!r}
        kinds = ("text/html", "image/svg+xml", "application/javascript", "text/markdown", "text/latex", "text/plain")
        display(HTML(page), SVG(page), Javascript("window.HACKED = 1"), Markdown(page), Latex({_page(h, FORMULA)!r}))
        display({{kind: page for kind in kinds}}, raw=True)
        display(IFrame("http://127.0.0.1:{h.ground.tcp}/", 100, 100))
        HTML(page)
        """
    )


@attack("feedback")
def raised(h):
    """Markup as the name and the words of an exception, in a cell and in a function."""
    words = f"({_page(h, FORMULA)!r} + {_page(h)!r})"
    h.add(f"raise type('<img src=x onerror=HACKED=1>', (Exception,), {{}}){words}")
    h.answer("mean_ink", f"def mean_ink(picture):\n    raise ValueError{words}")
    h.answer("sigmoid", f"def sigmoid(z):\n    import warnings\n    warnings.warn{words}\n    return z")


@attack("feedback")
def in_answers(h):
    """Markup in answers that are texts: the letter of a choice, the line of a slip."""
    h.answer("best_h", f"best_h = {_page(h)!r}")
    h.answer("stopping", f"stopping = (5, {_page(h, FORMULA).strip()[:290]!r})")
    h.answer("first_answer", "first_answer = (0, 'z == <img src=x onerror=HACKED=1>')")
    h.answer("bill", f"bill = {_page(h)!r}")


@attack("feedback")
def in_metadata(h):
    """Markup in the notebook's title, kernel, language, authors, in ids and in tags."""
    page = _page(h)
    h.notebook.metadata.update(title=page, authors=[{"name": page}], kernelspec={"name": page, "display_name": page})
    h.notebook.metadata.language_info = {
        "name": page,
        "codemirror_mode": page,
        "file_extension": page,
        "pygments_lexer": page,
    }
    for number, cell in enumerate(h.notebook.cells):
        cell.id = f'x{number}" onclick="HACKED=1'
        cell.metadata.tags = [page, 'x" onmouseover="HACKED=1']
        cell.metadata.slideshow = {"slide_type": page}


@attack("feedback")
def attachments(h):
    """Markup as attachments of a text, and as files beside the notebook that feedback would take along."""
    h.cell("one_sentence").attachments = {"x.svg": {"image/svg+xml": _page(h)}, "x.html": {"text/html": _page(h)}}
    h.cell("one_sentence").source = "![x](attachment:x.svg) ![y](x.svg)"
    for name in (f"{SLUG}.html", "index.html", "x.svg", "custom.css", "style.css"):
        h.file(name, _page(h))


@attack("feedback", student="<img src=x onerror=HACKED=1>")
def name_of_the_student(h):
    """A student whose id is markup."""
