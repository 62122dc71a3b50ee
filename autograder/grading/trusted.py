"""`nbgrader autograde` and Formgrader's button through the sandbox: an exporter that nbgrader's configuration names.

nbgrader converts each notebook twice.  The first time, from submitted/, this exporter judges it and returns the rebuilt
notebook with its outputs; the second time nbgrader reads the points off those outputs, as it always does.
"""

import os
from pathlib import Path

import nbformat
from nbconvert.exporters import NotebookExporter
from nbgrader.preprocessors import AssignLatePenalties, CheckCellMetadata, SaveAutoGrades
from traitlets import Bool, List, Unicode

from . import grade
from . import sandbox as confinement
from .children import Limits
from .notebook import chosen

_open = {}  # (course, assignment, change of its source) -> the chapter and its worker


def configure(config, root):
    """Make nbgrader's configuration of the course in `root` judge in the sandbox, and copy nothing of a hand-in."""
    config.Autograde.exporter_class = Trusted
    config.Autograde.sanitize_preprocessors = []
    config.Autograde.autograde_preprocessors = [SaveAutoGrades, AssignLatePenalties, CheckCellMetadata]
    handed_in = os.path.join(root, "submitted", "*", "*")
    config.CourseDirectory.ignore += [os.path.join(handed_in, "*"), os.path.join(handed_in, ".*")]


class Trusted(NotebookExporter):
    """Judges the hand-in it is asked to read."""

    trust_students = Bool(False, help="Run hand-ins without a sandbox where this machine has none.").tag(config=True)
    sandbox = Unicode("", help="'full' or 'landlock'; the best this machine has where empty.").tag(config=True)
    limits = List(help="What a hand-in may use, such as 'call=2'; see `autograder grade --help`.").tag(config=True)

    def from_filename(self, filename, resources=None, **named):
        converter = self.parent
        if not converter._sanitizing:
            return super().from_filename(filename, resources=resources, **named)
        about = resources["nbgrader"]
        course, assignment, student = Path(converter.coursedir.root), about["assignment"], about["student"]
        chapter, workers = self._workers(course, assignment)
        folders, store = grade.Folders(course, converter.coursedir), grade.Store(course)
        try:
            one = grade.HandIn(folders, assignment, student, chapter)
            ((_, result),) = workers.map([(student, (one.data, one.problem, None))])
            store.put(assignment, student, one.key, result)
            store.commit()
        finally:
            store.close()
        target = folders.of("autograded", student, assignment)
        target.mkdir(parents=True, exist_ok=True)
        for name, text in one.beside.items():
            (target / name).write_text(text, "utf-8")
        notebook = nbformat.reads(grade.as_notebook(result.cells, chapter.release), as_version=4)
        return self.from_notebook_node(notebook, resources=resources, **named)

    def _workers(self, course, assignment):
        (folder,) = chosen(course, [assignment])
        key = str(folder), max(file.stat().st_mtime_ns for file in folder.glob("*.ipynb"))
        if key not in _open:
            for _, workers in _open.values():
                workers.close()
            _open.clear()
            level = confinement.wanted(self.sandbox or None, self.trust_students)
            chapter = grade.chapter(course, folder, level, Limits.of(self.limits))
            _open[key] = chapter, grade.Processes(chapter, 1)
        return _open[key]
