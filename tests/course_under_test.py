"""What the tests know of the course: every chapter and exercise that exists, found by reading the notebooks."""

import importlib
from pathlib import Path

import numpy as np

from autograder.grading import notebook, sync

REPOSITORY = Path(__file__).resolve().parent.parent
COURSE = REPOSITORY / "course"
CHAPTERS = notebook.chapters(COURSE)


def every_exercise():
    """(id for pytest, slug, folder, exercise) of every autograded exercise of the course."""
    return [
        (f"{path.stem}.{exercise.identifier}", path.stem, path.parent, exercise)
        for path in CHAPTERS.values()
        for exercise in notebook.exercises(notebook.read(path))
    ]


def reference(slug, identifier):
    """The reference answer of an exercise."""
    return getattr(importlib.import_module(f"solutions.{slug}"), identifier)


def released_answer(exercise):
    """What the untouched stub leaves under the exercise's name."""
    namespace = {"np": importlib.import_module("numpy")}
    exec(exercise.stub, namespace)
    return namespace[exercise.identifier]


run_check = sync.run_check


def judge_figure(data, draw, entries=1, factor=0.99):
    """draw(data) is small, the same twice, and its digest is that of its data: of the largest entries, not the looks.

    data     an array, or None for a figure that is given none
    entries  how many of them must be seen, 0 where a figure rounds them away; factor: by what each is moved
    """
    from matplotlib.text import Text

    from course.figures import house

    fig = draw(data)
    digest = house.digest(fig)
    assert house.digest(draw(data)) == digest
    assert 3_000 < len(house.png(fig)) < 60_000
    for word in fig.findobj(Text):
        word.set(family="DejaVu Serif", fontsize=9)
    fig.set_dpi(70)
    fig.canvas.draw()
    assert house.digest(fig) == digest
    for at in np.argsort(np.abs(data), axis=None)[::-1][:entries] if data is not None else ():
        moved = data.copy()
        moved.flat[at] = moved.flat[at] * factor - (data.dtype == int)
        assert house.digest(draw(moved)) != digest, at
