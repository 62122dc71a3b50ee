"""README.md and the other pages at the top: what they show and link to is there."""

import re

import numpy as np
import pytest
from course_under_test import run_check

from autograder.grading import notebook
from conftest import CHECKOUT

PAGES = sorted(CHECKOUT.glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_no_link_is_dead(page):
    links = re.findall(r"\]\(([^)#]+)", page.read_text("utf-8"))
    assert [link for link in links if not link.startswith("https://") and not (CHECKOUT / link).exists()] == []


def test_the_readme_shows_a_real_check():
    def numerical_gradient(f, w, h):
        return np.array([(f(w + step) - f(w - step)) / h for step in h * np.eye(len(w))])

    folder = CHECKOUT / "course" / "source" / "01-neurons"
    found = notebook.exercises(notebook.read(folder / "neurons.ipynb"))
    exercise = next(e for e in found if e.identifier == "numerical_gradient")
    _, failure = run_check(exercise, numerical_gradient, folder)
    shown = re.search(r"(?:^    .+\n)+", (CHECKOUT / "README.md").read_text("utf-8"), re.M).group()
    assert re.sub(r"^    ", "", shown, flags=re.M).rstrip() == str(failure)


def test_every_make_target_and_every_chapter_is_listed():
    readme, contributing = ((CHECKOUT / name).read_text("utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    targets = re.search(r"^\.PHONY: (.+)$", (CHECKOUT / "Makefile").read_text("utf-8"), re.M).group(1).split()
    assert [target for target in targets if f"make {target}" not in contributing] == []
    ready = [path.stem for path in notebook.chapters(CHECKOUT / "course").values()]
    listed = [
        name.lower().replace(" and", "").replace("-", " ").replace(" ", "_")
        for name in re.findall(r"^\| \d \| ([\w -]+) \|", readme, re.M)
    ]
    assert len(listed) >= len(ready) and all(map(str.startswith, listed, ready))
