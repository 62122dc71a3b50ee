"""A course of one chapter, for tests that are about nbgrader and not about a chapter of ours."""

import shutil

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from conftest import CHECKOUT

SOLUTION = "return 6 * 7  # the solution"
HIDDEN = "from solutions.tiny import answer as reference  # the hidden test"


def tiny_course(root):
    """Make `root`/course with the chapter 01-tiny, and its package text beside it; returns the course root."""
    course = root / "course"
    add_chapter(course, "01-tiny")
    shutil.copy(CHECKOUT / "course" / "nbgrader_config.py", course)
    (root / "solutions").mkdir()
    (root / "solutions" / "tiny.py").write_text(f"def answer():\n    {SOLUTION}\n")
    return course


def add_chapter(course, name):
    """Add the chapter `name` (<NN-slug>) to a course: the notebook and one generated companion."""
    folder = course / "source" / name
    folder.mkdir(parents=True)
    (folder / "fingerprints.json").write_text('{"answer": []}')
    write(folder)


def write(folder, prose="What is the answer?", solution=("### BEGIN SOLUTION", SOLUTION, "### END SOLUTION")):
    """Write a chapter's notebook: one function, one visible and one hidden test, and a test that prints the secret."""
    cells = [
        new_markdown_cell(prose, id="prose"),
        new_code_cell(
            "\n".join(["def answer():", '    """The answer, int."""', *(f"    {line}" for line in solution)]),
            id="answer",
            metadata={"nbgrader": _nbgrader("answer", solution=True)},
        ),
        new_code_cell(
            "import os\n"
            "assert answer() is not None\n"
            "### BEGIN HIDDEN TESTS\n"
            f"{HIDDEN}\n"
            "assert answer() == reference()\n"
            "### END HIDDEN TESTS\n"
            'print("secret:", os.environ.get("AUTOGRADER_SECRET"), "threads:", os.environ.get("OMP_NUM_THREADS"))',
            id="test",
            metadata={"nbgrader": _nbgrader("test_answer", grade=True, locked=True, points=1)},
        ),
    ]
    notebook = new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    nbformat.write(notebook, folder / f"{folder.name.partition('-')[2]}.ipynb")


def _nbgrader(grade_id, **kind):
    return {
        "grade_id": grade_id,
        "schema_version": 3,
        "grade": False,
        "locked": False,
        "solution": False,
        "task": False,
    } | kind
