"""Reading the course's notebooks: which exercises a chapter holds, and their cells' text.  There is no registry."""

import re
from dataclasses import dataclass
from pathlib import Path

import nbformat

from . import Refusal

BEGIN, END = "### BEGIN SOLUTION", "### END SOLUTION"
HIDDEN = re.compile(r"^[ ]*### BEGIN HIDDEN TESTS\n.*?^[ ]*### END HIDDEN TESTS\n?", re.S | re.M)


@dataclass(frozen=True)
class Exercise:
    """One exercise as the notebook holds it: its solution cell and its check cell, by the identifier they share."""

    identifier: str
    solution: nbformat.NotebookNode
    test: nbformat.NotebookNode

    @property
    def points(self):
        return self.test.metadata.nbgrader.points

    @property
    def stub(self):
        """The learner's version of the solution cell."""
        return _without_solution(self.solution.source)

    @property
    def visible(self):
        """The check as the learner has it: no hidden tests."""
        return HIDDEN.sub("", self.test.source)


def _without_solution(source):
    return re.sub(rf"^([ ]*){BEGIN}\n.*?^[ ]*{END}", r"\1# write your answer here", source, flags=re.S | re.M)


def chapters(course):
    """The chapters of a course: folder name -> path of the source notebook, in order."""
    return {p.parent.name: p for p in sorted(Path(course, "source").glob("[0-9][0-9]-*/*.ipynb"))}


def chosen(course, names):
    """The source folders of the chapters named (01-neurons or neurons; all where none is), in the course's order."""
    found = chapters(course)
    if not found or not Path(course, "nbgrader_config.py").is_file():
        raise Refusal(f"{course} is no course: it needs nbgrader_config.py and source/<NN-slug>/<slug>.ipynb.")
    for name in names:
        if not any(name in (folder, path.stem) for folder, path in found.items()):
            raise Refusal(f"{course} has no chapter {name}, only {', '.join(found)}.")
    return [path.parent for folder, path in found.items() if not names or {folder, path.stem} & set(names)]


def read(path):
    """The notebook at `path`, in the format nbgrader 0.9 writes."""
    return nbformat.read(path, as_version=4)


def exercises(notebook):
    """The autograded exercises of a notebook, in its order.  Refusal names a check without its solution cell."""
    cells = {c.metadata.nbgrader.grade_id: c for c in notebook.cells if "nbgrader" in c.metadata}
    found = []
    for name, cell in cells.items():
        marks = cell.metadata.nbgrader
        if not (marks.grade and not marks.solution):
            continue
        identifier = name.removeprefix("test_")
        if identifier == name or identifier not in cells:
            raise Refusal(f"the check cell {name!r} has no solution cell: one is called test_NAME, the other NAME")
        found.append(Exercise(identifier, cells[identifier], cell))
    return found
