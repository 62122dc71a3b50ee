"""Classes of honest hand-ins in temporary copies of the course, and what the gradebook says of them afterwards."""

import ast
import contextlib
import inspect
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
import types
from pathlib import Path

import nbformat
import numpy as np
from course_under_test import CHAPTERS, REPOSITORY

from autograder.grading import notebook

sys.path.insert(0, str(REPOSITORY))
from solutions import mistakes  # noqa: E402

RELEASE = """
import sys
from nbgrader.apps import GenerateAssignmentApp

for chapter in sys.argv[1:]:
    GenerateAssignmentApp.clear_instance()
    app = GenerateAssignmentApp.instance()
    app.initialize([chapter, "--force"])
    app.start()
"""


def copy(folder, chapters, edit=None):
    """A copy of the course with only these chapters, nothing released, nothing handed in; returns the course root.

    edit  a function of (chapter's folder name, its source notebook) that changes the copy's notebook in place
    """
    course = Path(folder) / "course"
    ignored = shutil.ignore_patterns(
        "release", "submitted", "autograded", ".autograder", "*.db", "__pycache__", "[0-9]*"
    )
    shutil.copytree(REPOSITORY / "course", course, ignore=ignored)
    shutil.copytree(REPOSITORY / "solutions", Path(folder) / "solutions", ignore=shutil.ignore_patterns("__pycache__"))
    for chapter in chapters:
        shutil.copytree(CHAPTERS[chapter].parent, course / "source" / chapter)
        if edit is not None:
            path = notebook.chapters(course)[chapter]
            changed = notebook.read(path)
            edit(chapter, changed)
            nbformat.write(changed, path)
    return course


def release(course, *chapters):
    """`nbgrader generate_assignment --force` of each chapter, in one process."""
    run(course, "-c", RELEASE, *chapters)


def run(course, *words, **more):
    """Run Python in the course root; RuntimeError with its log where it fails."""
    env = os.environ | {"PYTHONPATH": os.pathsep.join([str(course.parent), str(REPOSITORY)])}
    done = subprocess.run([sys.executable, *words], cwd=course, env=env, capture_output=True, text=True, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)[:80]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def command(course, *words):
    """`autograder grade` as its arguments, for subprocess."""
    return [sys.executable, "-m", "autograder.grading.cli", "grade", "--course-dir", str(course), *words]


def grade(course, *words, **more):
    """`autograder grade` as a subprocess that has ended: its returncode, stdout and stderr."""
    env = os.environ | {"PYTHONPATH": str(REPOSITORY)}
    return subprocess.run(command(course, *words), env=env, capture_output=True, text=True, **more)


# --- hand-ins ---------------------------------------------------------------------------------------------------------


def exercises(chapter):
    """The exercises of a chapter of the course, by their identifiers."""
    return {e.identifier: e for e in notebook.exercises(notebook.read(CHAPTERS[chapter]))}


def references(chapter):
    """Identifier -> the text of its solution cell."""
    return {name: e.solution.source for name, e in exercises(chapter).items()}


def answered(release, answers, added=(), figures=True):
    """The bytes of a released notebook with these solution cells (identifier -> text); the others stay as released.

    added    (identifier or None, text): a cell of the learner's own before that exercise's solution cell, or at the end
    figures  False where the learner deleted the cells that only show
    """
    cells = (whole := nbformat.reads(release, as_version=4)).cells
    places = {c.metadata.nbgrader.grade_id: c for c in cells if "nbgrader" in c.metadata}
    for identifier, text in answers.items():
        places[identifier].source = text
    for identifier, text in added:
        at = len(cells) if identifier is None else cells.index(places[identifier])
        cells.insert(at, nbformat.v4.new_code_cell(text))
    whole.cells = [c for c in cells if figures or "show" not in c.metadata.get("tags", ())]
    return nbformat.writes(whole).encode()


def hand_in(course, chapter, student, answers, **more):
    """Submit what `answered` makes of the chapter's release; returns the file."""
    name = notebook.chapters(course)[chapter].name
    file = course / "submitted" / student / chapter / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(answered((course / "release" / chapter / name).read_text("utf-8"), answers, **more))
    return file


def known_mistakes(slug):
    """Exercise -> the chapter's known mistakes of it; none where the chapter has none yet."""
    try:
        return mistakes.of(slug)
    except ModuleNotFoundError:
        return {}


def as_typed(mistake):
    """A known mistake as a learner would have typed it: the text of a cell that needs nothing but itself."""
    if not isinstance(mistake.answer, types.FunctionType):
        with np.printoptions(legacy="1.25"):  # 0.5, not np.float64(0.5)
            return f"{mistake.exercise} = {mistake.answer!r}"
    return f"{_alone('_typed', mistake.answer)}\n\n\n{mistake.exercise} = _typed()"


def _alone(name, function):
    """The text of a function `name` that makes `function`, from nothing but itself: helpers of one name never meet."""
    own = "given" if function.__name__ == "<lambda>" else function.__name__
    parts = dict.fromkeys([*_with_what_it_uses(function), f"return {own}"])
    return textwrap.indent("\n".join([f"def {name}():", *parts]), "    ").removeprefix("    ")


def _source(function):
    """The text that defines a function or class; of a lambda in a call, a line that names it."""
    if function.__name__ != "<lambda>":
        return textwrap.dedent(inspect.getsource(function))
    whole, line = Path(function.__code__.co_filename).read_text("utf-8"), function.__code__.co_firstlineno
    node = next(n for n in ast.walk(ast.parse(whole)) if isinstance(n, ast.Lambda) and n.lineno == line)
    return f"given = ({ast.get_source_segment(whole, node)})"


def _with_what_it_uses(function):
    """The text of a function or class, after the texts of everything its module gives it."""
    room = vars(sys.modules.get(function.__module__)) if isinstance(function, type) else function.__globals__
    if "__text__" in room:  # its module never was a file
        return [room["__text__"]]
    text = re.sub(r"(\w)\.answer\(", r"\1(", _source(function))
    tree = ast.parse(text).body[0]
    within = list(ast.walk(tree))
    parts = []
    for name in sorted({n.id for n in within if isinstance(n, ast.Name)} - {"mistake"}):
        value = room.get(name, function)
        value = value.answer if isinstance(value, mistakes.Mistake) else value
        if isinstance(value, types.ModuleType) and value.__name__.startswith("solutions."):
            used = sorted({n.attr for n in within if isinstance(n, ast.Attribute) and ast.unparse(n.value) == name})
            parts += [_alone(f"_{one}", getattr(value, one)) for one in used]
            parts.append(f"class {name}: " + ", ".join(used) + " = " + ", ".join(f"staticmethod(_{u}())" for u in used))
        elif isinstance(value, types.ModuleType):
            parts.append(f"import {value.__name__} as {name}")
        elif isinstance(value, types.FunctionType | type) and value is not function:
            parts += _with_what_it_uses(value) if value.__module__ != "builtins" else []
        elif value is not function:
            parts.append(f"{name} = {value!r}")
    return [*parts, "\n".join(text.splitlines()[tree.lineno - 1 :])]  # without its decorators


# --- the gradebook ----------------------------------------------------------------------------------------------------


def marks(course, chapter, url=None):
    """Student -> all that the gradebook holds of a hand-in: when, penalty, and of each cell scores and comments."""
    from nbgrader.api import Gradebook

    with Gradebook(url or f"sqlite:///{course}/gradebook.db") as book:
        return {
            hand_in.student.id: {
                "when": str(hand_in.timestamp),
                "penalty": [n.late_submission_penalty for n in hand_in.notebooks],
                "grades": {
                    g.name: (g.auto_score, g.manual_score, g.extra_credit, g.needs_manual_grade)
                    for n in hand_in.notebooks
                    for g in n.grades
                },
                "comments": {c.name: (c.auto_comment, c.manual_comment) for n in hand_in.notebooks for c in n.comments},
            }
            for hand_in in book.assignment_submissions(chapter)
        }


@contextlib.contextmanager
def cluster(folder, count):
    """A real Dask scheduler and so many workers of one thread each: (its address, the workers' processes)."""
    from distributed import Client

    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "DASK_DISTRIBUTED__WORKER__MEMORY__TERMINATE": "False"}
    local = ["--host", "127.0.0.1", "--no-dashboard"]

    def start(role, *words):
        command = [sys.executable, "-m", f"distributed.cli.dask_{role}", *words, *local]
        with open(folder / f"{role}-{time.monotonic_ns()}.log", "wb") as log:
            return subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)

    file = folder / "scheduler.json"
    processes = [start("scheduler", "--port", "0", "--scheduler-file", str(file))]
    try:
        until = time.monotonic() + 60
        while not file.exists() and time.monotonic() < until:
            time.sleep(0.1)
        worker = ["--scheduler-file", str(file), "--nthreads", "1", "--no-nanny"]
        processes += [start("worker", *worker) for _ in range(count)]
        with Client(scheduler_file=str(file), timeout=30) as client:
            client.wait_for_workers(count, timeout=60)
            address = client.scheduler.address
        yield address, processes[1:]
    finally:
        for process in reversed(processes):
            process.terminate()
        for process in reversed(processes):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()
