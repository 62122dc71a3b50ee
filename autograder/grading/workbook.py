"""The learner's copy of the chapters: nbgrader releases them, and no notebook the learner has is touched."""

import filecmp
import itertools
import json
import logging
import os
import shutil
import tempfile
from pathlib import Path

from . import Refusal
from .notebook import chosen
from .start import lay_start

RELEASED = ".release"  # in the learner's folder: every notebook as it was last released, to tell a newer release by


def workbook(course, to, names=()):
    """Release the chapters into the learner's folder; prints one line a chapter.

    course  nbgrader's course root: nbgrader_config.py and source/<NN-slug>/<slug>.ipynb
    to      the learner's folder, made where missing.  A notebook there is never overwritten: a newer release is laid
            beside it as <slug>.new.ipynb.  What else a chapter brings (fingerprints, pictures) is updated.
    names   chapters, by folder or slug; all where empty
    The start page beside the chapters is made anew.
    Raises Refusal, before anything is written to `to`, where a chapter is missing or cannot be released.
    """
    folders = chosen(course, names)
    with tempfile.TemporaryDirectory(prefix="workbook-") as scratch:
        for folder in folders:
            _release(course, folder, Path(scratch))
        for folder in folders:
            print(f"{folder.name}: {_lay(Path(scratch, 'release', folder.name), to)}")
    lay_start(course, to)


def release(course, folder):
    """The text of a chapter's notebook as nbgrader releases it."""
    from .scratch import Scratch  # needs what Windows has not, where the verb above works too

    with Scratch() as scratch:
        _release(course, folder, scratch)
        (notebook,) = Path(scratch, "release", folder.name).glob("*.ipynb")
        return notebook.read_text("utf-8")


def _release(course, folder, scratch):
    """What `nbgrader generate_assignment --no-db` makes of one source folder, in scratch/release/<NN-slug>/."""
    # Here, because they take a second or two and no other verb needs them.
    import nbformat
    from nbgrader.converters import GenerateAssignment
    from nbgrader.converters.base import NbGraderException
    from nbgrader.coursedir import CourseDirectory
    from traitlets.config.loader import PyFileConfigLoader

    for notebook in folder.glob("*.ipynb"):
        try:
            nbformat.read(notebook, as_version=4)
        except Exception as problem:  # nbformat raises its own, json's, unicode's and more
            raise Refusal(f"{notebook} is not a readable notebook ({str(problem).partition(chr(10))[0]}).") from None

    config = PyFileConfigLoader("nbgrader_config.py", path=str(course.resolve())).load_config()
    config.CourseDirectory.root = str(scratch)
    config.CourseDirectory.assignment_id = folder.name
    config.GenerateAssignment.no_database = True
    config.SaveCells.enabled = False

    log, reasons = logging.Logger("nbgrader"), _Reasons()
    log.addHandler(reasons)
    directory = CourseDirectory(config=config, log=log)
    shutil.copytree(folder, scratch / "source" / folder.name, ignore=shutil.ignore_patterns(*directory.ignore))
    try:
        GenerateAssignment(coursedir=directory, config=config, log=log).start()
    except NbGraderException as problem:
        raise Refusal(f"{folder} cannot be released: {reasons.last or problem}") from None


class _Reasons(logging.Handler):
    """Keeps why nbgrader failed: it logs a traceback, whose last line says so."""

    last = ""

    def emit(self, record):
        if record.getMessage().startswith("Traceback"):
            self.last = record.getMessage().strip().splitlines()[-1].partition(": ")[2]


def _lay(released, to):
    """Lay the files of one released chapter into the folder `to`; returns what was done, as a phrase."""
    fresh, beside = False, []
    for new in sorted(path for path in released.rglob("*") if path.is_file()):
        name = new.relative_to(released.parent)
        target, last = to / name, to / RELEASED / name
        if new.suffix != ".ipynb":
            _put(new, target)
            continue
        if not target.exists():
            _put(new, target)
            fresh = True
        elif _cells(new) != _cells(last if last.exists() else target):
            free = (target.with_suffix(f".new{n}.ipynb") for n in itertools.chain([""], itertools.count(2)))
            beside.append(next(path for path in free if not path.exists()))
            _put(new, beside[-1])
        _put(new, last)
    if beside:
        return (
            f"a newer release is out; yours stays as it is, the newer one is beside it: {', '.join(map(str, beside))}"
        )
    return f"laid into {to / released.name}" if fresh else "yours stays as it is, no newer release"


def _cells(notebook):
    """A notebook's cells without their ids, which may be drawn anew; None where it cannot be read."""
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
        return [{key: value for key, value in cell.items() if key != "id"} for cell in cells]
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _put(file, target):
    """Copy `file` to `target`, whole or not at all."""
    if target.exists() and filecmp.cmp(file, target, shallow=False):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(target.name + ".part")
    shutil.copyfile(file, part)
    os.replace(part, target)
