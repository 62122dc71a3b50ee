"""`autograder sync`: the notebooks take their solutions from the package, and their outputs, fingerprints and waiting
pictures from a run.  Nothing of this is written by hand."""

import ast
import base64
import contextlib
import importlib
import io
import json
import os
import re
from pathlib import Path

import nbformat

from autograder.check.findings import CheckFailed
from autograder.check.fingerprints import FILE

from . import Refusal
from .notebook import BEGIN, END, chapters, chosen, exercises, read

FOLDED = "# The check of {}: Shift+Enter runs it, a click opens it\n"  # all that JupyterLab shows of it
PICTURE = re.compile(r'src="data:image/png;base64,([^"]+)"')


def package_text(slug, identifier):
    """The text of one name in solutions/<slug>.py: a function with the classes directly above it, or an assignment."""
    module = importlib.import_module(f"solutions.{slug}")
    source = Path(module.__file__).read_text("utf-8")
    classes = []
    for node in ast.parse(source).body:
        names = [t.id for t in getattr(node, "targets", []) if isinstance(t, ast.Name)]
        if isinstance(node, ast.FunctionDef):
            names = [node.name]
        if identifier in names:
            first = min(n.lineno for n in [*classes, node])
            return "\n".join(source.splitlines()[first - 1 : node.end_lineno])
        classes = [*classes, node] if isinstance(node, ast.ClassDef) else []
    raise Refusal(f"solutions/{slug}.py has no {identifier}: every exercise needs a name there")


def with_markers(text, old=""):
    """The solution cell for a package text: what the old cell gives outside its markers stays given."""
    if not text.startswith(("def ", "class ")):
        given = old.partition(BEGIN)[0]
        return f"{given.rstrip()}\n{BEGIN}\n{text}\n{END}".lstrip()
    lines = text.splitlines()
    holes = _holes(lines, old)
    if not holes:  # one: the function's body
        function = ast.parse(text).body[-1]
        documented = ast.get_docstring(function) is not None
        holes = [(function.body[0].end_lineno if documented else function.body[0].lineno - 1, len(lines))]
    marked, at = [], 0
    for first, end in holes:
        indent = " " * (len(lines[first]) - len(lines[first].lstrip()))
        marked += [*lines[at:first], indent + BEGIN, *lines[first:end], indent + END]
        at = end
    return "\n".join(marked + lines[at:])


def _holes(lines, old):
    """Where the lines of a package text leave what the old cell gives, as (first, end); [] where it gives others."""
    given = [
        part.splitlines() for part in re.split(rf"^ *{BEGIN}\n(?:.*?\n)?? *{END}(?:\n|\Z)", old, flags=re.M | re.S)
    ]
    if not given[0] or lines[: len(given[0])] != given[0]:
        return []
    holes, at = [], len(given[0])
    for i, part in enumerate(given[1:], 2):
        ends = [len(lines) - len(part)] if i == len(given) else range(at + 1, len(lines))
        end = next((e for e in ends if e > at and lines[e : e + len(part)] == part), None)
        if end is None:
            return []
        holes.append((at, end))
        at = end + len(part)
    return holes


def sync_solutions(notebook, slug):
    """Put the package's texts into the solution cells, and fold the checks, which tell answers, to their first line."""
    for exercise in exercises(notebook):
        exercise.test.metadata.setdefault("jupyter", {})["source_hidden"] = True
        line = FOLDED.format(exercise.identifier)
        if not exercise.test.source.startswith(line):
            exercise.test.source = line + exercise.test.source
        exercise.solution.source = with_markers(package_text(slug, exercise.identifier), exercise.solution.source)


def run_check(exercise, answer, folder=".", source=None):
    """Run one check cell in a fresh namespace that holds only `answer`; return (the check, its failure or None)."""
    namespace = {"__name__": "__main__", exercise.identifier: answer}
    failure = None
    with contextlib.chdir(folder), contextlib.redirect_stdout(io.StringIO()):
        try:
            exec(compile(exercise.visible if source is None else source, exercise.identifier, "exec"), namespace)
        except CheckFailed as problem:
            failure = problem
    return namespace["check"], failure


def fingerprint(exercise, mistake, source=None):
    """What one known mistake gives to a check: {name, sentence, calls, fails}; the visible one unless `source` is."""
    check, failure = run_check(exercise, mistake.answer, source=source)
    if failure is None:
        raise Refusal(f"the known mistake {mistake.name} passes the check of {exercise.identifier}")
    if not check.calls:
        raise Refusal(f"the check of {exercise.identifier} stops before it has looked at {mistake.name}: {failure}")
    entry = {"name": mistake.name, "sentence": mistake.sentence, "calls": [c for _, c in check.calls]}
    return entry | {"fails": check.failed_at}  # the number of the call that gave it away


def fingerprints(notebook, slug):
    """What a chapter's known mistakes give on the visible data: exercise -> list of `fingerprint`s."""
    mistakes = importlib.import_module("solutions.mistakes").of(slug)
    known = {}
    for exercise in exercises(notebook):
        for mistake in mistakes.pop(exercise.identifier, []):
            known.setdefault(exercise.identifier, []).append(fingerprint(exercise, mistake))
    if mistakes:
        raise Refusal(f"solutions/mistakes/{slug}.py answers exercises that do not exist: {', '.join(mistakes)}")
    return known


def execute(notebook, folder, course):
    """Run the notebook in its folder and keep its outputs; a cell that fails is an error."""
    from nbclient import NotebookClient

    repository = str(Path(course).resolve().parent)
    env = os.environ | {"PYTHONPATH": repository, "OPENBLAS_NUM_THREADS": "1", "AUTOGRADER_SECRET": ""}
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # what is printed bit by bit is stored as one text
        resources={"metadata": {"path": str(folder)}},
    )
    client.execute(env=env)
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "error":
                raise Refusal(f"a cell of {folder.name} fails:\n{cell.source}\n{output.ename}: {output.evalue}")
            view = output.get("data", {}).get("application/vnd.jupyter.widget-view+json")
            if view:
                view["model_id"] = cell.id  # a new one each run would say that the notebook changed
            if output.output_type == "stream" and output.name == "stderr":
                raise Refusal(f"a cell of {folder.name} writes to stderr:\n{cell.source}\n{output.text}")


def waiting_pictures(notebook, folder):
    """Write the faded picture that a payoff cell shows while it waits, for every payoff that the run drew."""
    from course.figures.house import waiting_picture

    written = set()
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            name = output.get("metadata", {}).get("payoff")
            for data in PICTURE.findall(output.get("data", {}).get("text/html", "")) if name else ():
                path = folder / f"waiting-{name}.png"
                picture = waiting_picture(base64.b64decode(data))
                if not path.exists() or path.read_bytes() != picture:
                    path.write_bytes(picture)
                written.add(path)
    for stale in set(folder.glob("waiting-*.png")) - written:
        stale.unlink()


def sync(course, names=()):
    """Bring every chapter (or those named) in line with the package; prints one line a chapter."""
    for folder in chosen(course, names):
        path = chapters(course)[folder.name]
        notebook, slug = read(path), path.stem
        sync_solutions(notebook, slug)
        known = fingerprints(notebook, slug)
        execute(notebook, path.parent, course)
        nbformat.validate(notebook)
        (path.parent / FILE).write_text(json.dumps(known, indent=1) + "\n", "utf-8")
        waiting_pictures(notebook, path.parent)
        nbformat.write(notebook, path)
        count = sum(map(len, known.values()))
        print(f"{folder.name}: {len(exercises(notebook))} exercises, {count} known mistakes, in step")
