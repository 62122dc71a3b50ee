"""A sample class for the first chapter, graded by nbgrader's own commands in a temporary copy of the course.

`python tests/sample_class.py` prints the table (`make demo`); tests/test_nbgrader.py asserts every point of it.
The ids are invented and say what each hand-in is.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY))

from autograder.grading import notebook  # noqa: E402

CHAPTER, SLUG = "01-neurons", "neurons"

# What S2 handed in, as it stands, for the exercises that ask for it; the others stay as released.
S2 = {
    "neuron_output": "def neuron_output(X, w, b):\n    return X @ w + b",  # S2.N.1
    "sigmoid": "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))",  # S2.N.6a
    "descend": (
        "def descend(gradient, w, rate, steps):\n    theta = [w]\n    for i in range(steps):\n"
        "        theta.append(theta[i] - rate * gradient(theta[i]))\n    return np.array(theta)"
    ),  # S2.N.9
    "which_rate": 'which_rate = "c"',  # S2.N.11: too big a rate may never converge
    "stopping": 'stopping = (0, "left == J_old - J_new")',  # S2.N.10: the change in loss is the measure
    "eight_units": 'eight_units = "a"',  # S2.M.1: more units are good for what is not linear
    "add_ones": "def add_ones(X):\n    return np.hstack([np.ones((X.shape[0], 1)), X])",  # S2.N.5
    "step": "def step(z):\n    return np.where(z > 0, 1, 0)",  # S2.N.6a
    "first_answer": 'first_answer = (0, "z == theta[0]*x[0] + theta[1]*x[1] + theta[2]*x[2]")',  # S2.N.5
}
HELPERS = {
    "neuron_output": (
        "def weighted(X, w):\n    return X @ w\n\n\ndef neuron_output(X, w, b):\n    return weighted(X, w) + b"
    ),
    "numerical_gradient": (
        "def numerical_gradient(f, w, h):\n    return np.array([one_slope(f, w, e) for e in h * np.eye(len(w))])"
    ),
}
HELPER_CELL = "def one_slope(f, w, e):\n    return (f(w + e) - f(w - e)) / (2 * np.linalg.norm(e))"


def hand_ins(reference):
    """Invented id -> (identifier -> its solution cell), given the reference's; what is left out stays a stub."""
    return {
        "all-right": reference,
        "gives-nan": reference | {"sigmoid": "def sigmoid(z):\n    return np.exp(z) / np.exp(z) * np.nan"},
        "own-helpers": reference | HELPERS,
        "s2-as-it-stands": S2,
        "syntax-error": reference | {"descend": "def descend(gradient, w, rate, steps)\n    return w"},
        "untouched": {},
        "wrong-shape": reference | {"neuron_output": "def neuron_output(X, w, b):\n    return (X @ w + b)[:, None]"},
    }


def nbgrader(course, *words):
    """Run one of nbgrader's own commands in `course`; RuntimeError with its log where it fails."""
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *words],
        cwd=course,
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(course.parent)},
    )
    if done.returncode:
        raise RuntimeError(f"nbgrader {' '.join(words)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def lay_out(folder):
    """A copy of course and solutions in `folder`, the chapter released and the class's hand-ins submitted."""
    course = Path(folder) / "course"
    shutil.copytree(
        REPOSITORY / "course", course, ignore=shutil.ignore_patterns("release", "submitted", "*.db", "__pycache__")
    )
    shutil.copytree(REPOSITORY / "solutions", Path(folder) / "solutions", ignore=shutil.ignore_patterns("__pycache__"))
    nbgrader(course, "generate_assignment", CHAPTER)
    source = notebook.read(course / "source" / CHAPTER / f"{SLUG}.ipynb")
    reference = {e.identifier: e.solution.source for e in notebook.exercises(source)}
    for student, answers in hand_ins(reference).items():
        released = notebook.read(course / "release" / CHAPTER / f"{SLUG}.ipynb")
        for cell in released.cells:
            marks = cell.metadata.get("nbgrader", {})
            if marks.get("solution") and marks["grade_id"] in answers:
                cell.source = answers[marks["grade_id"]]
        if student == "own-helpers":
            released.cells.insert(3, nbformat.v4.new_code_cell("import numpy as np\n\n\n" + HELPER_CELL))
        place = course / "submitted" / student / CHAPTER
        place.mkdir(parents=True)
        nbformat.write(released, place / f"{SLUG}.ipynb")
    return course


def grade(course):
    """Grade and give feedback, by nbgrader's own commands."""
    nbgrader(course, "autograde", CHAPTER)
    nbgrader(course, "generate_feedback", CHAPTER)


def points(course):
    """Student -> exercise -> points given automatically, from the gradebook."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        return {
            s.student.id: {
                g.name.removeprefix("test_"): g.auto_score
                for n in s.notebooks
                for g in n.grades
                if g.cell.cell_type == "code"
            }
            for s in gradebook.assignment_submissions(CHAPTER)
        }


def messages(course, student):
    """Exercise -> what its check said, for every check that did not pass."""
    graded = notebook.read(course / "autograded" / student / CHAPTER / f"{SLUG}.ipynb")
    return {
        e.identifier: output.evalue
        for e in notebook.exercises(graded)
        for output in e.test.outputs
        if output.output_type == "error"
    }


def table(course):
    """The class as text: points per exercise, then what was said to whom."""
    given = points(course)
    graded = [e for e in next(iter(given.values())) if any(row[e] for row in given.values())]
    width = max(map(len, given))
    rows = ["points".ljust(width) + "  " + "  ".join(graded) + "  sum"]
    for student, row in sorted(given.items()):
        cells = "  ".join(f"{row[e]:g}".rjust(len(e)) for e in graded)
        rows.append(f"{student:{width}}  {cells}  {sum(row.values()):3g}")
    for student in sorted(given):
        said = messages(course, student)
        if len(said) > 8:
            rows.append(f"\n{student}: {len(said)} checks did not pass; the first:")
        elif said:
            rows.append(f"\n{student}:")
        for exercise, message in list(said.items())[: 3 if len(said) > 8 else None]:
            rows.append(f"  {exercise}: " + "\n    ".join(message.splitlines()))
    return "\n".join(rows)


if __name__ == "__main__":
    folder = tempfile.mkdtemp(prefix="demo-")
    print("Releasing, submitting and grading the sample class; this takes about a minute.", flush=True)
    course = lay_out(folder)
    grade(course)
    print(table(course))
    print(f"\nFeedback for each hand-in: {course}/feedback/ID/{CHAPTER}/{SLUG}.html")
