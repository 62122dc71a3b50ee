"""The learner's way in: a start page made of the chapters' own headings, and JupyterLab opened on it."""

import json
import os
import platform
import re
from pathlib import Path

from autograder.check import progress

from .notebook import chapters, read

PAGE = "start.ipynb"  # in the learner's folder; made anew each time
SETTINGS = ".jupyter"  # beside it: what JupyterLab shows there

ABOUT = """\
# {title}

{about}

Begin with chapter 1, or where you left off: click on it. Each chapter stands on those before it.

| chapter | opens with | time, without the extra exercises at its end | you need |
|---|---|---|---|
{chapters}
"""
PROGRESS = """\
## My progress

Click into the next cell and press Shift+Enter: it counts what your checks have found so far. *Passed* means that the \
last time you ran an exercise's check it was green, or noted your choice; *tried*, that it found something wrong. What \
is below was counted when this page was made.

This is kept in the folder `{folder}` beside this page, for you, and is sent nowhere. Delete that folder and it is \
forgotten.
"""
CELL = "from autograder.check import progress\n\nprogress.show()"
AFTER = """\
{words}

## When something is stuck

A cell that does not end, with `[*]` beside it: *Kernel > Interrupt Kernel*. A notebook that behaves strangely: \
*Kernel > Restart Kernel and Run All Cells*; what you wrote stays. Everything by keyboard: *Help > Show Keyboard \
Shortcuts*.

This page is made anew whenever the course is opened; write nothing here that you want to keep.
"""

# What a kernel says of itself: without it the page has changed as soon as it is opened, and asks to be saved.
KERNEL = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {
        "codemirror_mode": {"name": "ipython", "version": 3},
        "file_extension": ".py",
        "mimetype": "text/x-python",
        "name": "python",
        "nbconvert_exporter": "python",
        "pygments_lexer": "ipython3",
        "version": platform.python_version(),
    },
}

# nbgrader's parts of the server, which would complain that there is no nbgrader_config.py.
NBGRADERS = [
    f"nbgrader.server_extensions.{name}"
    for name in ("formgrader", "validate_assignment", "assignment_list", "course_list")
]

# What JupyterLab reads where JUPYTER_CONFIG_PATH names the folder.
CONFIGURATION = {
    "jupyter_server_config.json": {
        "ContentsManager": {
            # The defaults, and what a chapter brings for its own use.
            "hide_globs": ["__pycache__", "*.pyc", "*.pyo", ".DS_Store", "*~", "fingerprints.json", "waiting-*.png"]
        },
        "ServerApp": {"jpserver_extensions": dict.fromkeys(NBGRADERS, False)},
    },
    "jupyter_lab_config.json": {"LabApp": {"default_url": f"/lab/tree/{PAGE}"}},
    # nbgrader's buttons are for who makes an assignment or hands one in through its exchange.
    "labconfig/page_config.json": {"disabledExtensions": {"@jupyter/nbgrader": True}},
    "labconfig/default_setting_overrides.json": {
        # No question about news at the first start, and no request to anyone.
        "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    },
}


def lay_start(course, to):
    """Make the start page of the learner's folder `to`, and what belongs to it, whole or not at all."""
    _write(to / PAGE, json.dumps(page(course, to), indent=1, ensure_ascii=False) + "\n")
    for name, settings in CONFIGURATION.items():
        _write(to / SETTINGS / name, json.dumps(settings, indent=1) + "\n")
    (to / progress.FOLDER).mkdir(exist_ok=True)


def page(course, to):
    """The start page as a notebook: the chapters of `course` that lie in `to`, and the progress kept there."""
    laid = {name: path for name, path in chapters(course).items() if (to / name / path.name).exists()}
    cells = {name: [cell.source for cell in read(path).cells] for name, path in laid.items()}
    words = next((words for texts in cells.values() for text in texts if (words := _section(text, "Words"))), "")
    rows = "\n".join(_row(f"{name}/{laid[name].name}", *_opening(cells[name][0])) for name in laid)
    title, about = _readme(course)
    found = progress.chapters(to)
    shown = {"text/html": progress.html(found), "text/plain": progress.text(found)}
    output = {"output_type": "display_data", "data": shown, "metadata": {}}
    code = {"execution_count": None, "outputs": [output], "source": CELL}
    made = [
        ("chapters", "markdown", {"source": ABOUT.format(title=title, about=about, chapters=rows)}),
        ("my-progress", "markdown", {"source": PROGRESS.format(folder=progress.FOLDER)}),
        ("progress", "code", code),
        ("words", "markdown", {"source": AFTER.format(words=words).strip()}),
    ]
    return {
        "cells": [{"id": name, "cell_type": kind, "metadata": {}, **rest} for name, kind, rest in made],
        "metadata": KERNEL,
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _readme(course):
    """The course's title and what it says of itself first, from the page at the top."""
    try:
        text = (Path(course).resolve().parent / "README.md").read_text("utf-8")
    except OSError:
        return "The course", ""
    title, about, *_ = text.split("\n\n")
    return title.lstrip("# "), about


def _opening(text):
    """Title, question, time and needs that the first cell of a chapter tells; "" for what it does not."""
    title = re.search(r"^# (.+)$", text, re.M)
    question = re.search(r"^\*([^*\n]+)\*$", text, re.M)
    time = re.match(r"[^;,.]+", text.splitlines()[-1]) if title else None
    needs = re.search(r"You need (.+?)(?:\. [A-Z]|\.?$)", text, re.M)
    return [found.group(group) if found else "" for found, group in ((title, 1), (question, 1), (time, 0), (needs, 1))]


def _row(path, title, question, time, needs):
    return f"| [{title or path}]({path}) | {question} | {time} | {needs} |"


def _section(text, heading):
    """The part of a text below a heading, heading included; "" where there is none."""
    found = re.search(rf"^##+ {heading}$.*?(?=^##+ |\Z)", text, re.M | re.S)
    return found.group().strip() if found else ""


def _write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, "utf-8")
    os.replace(part, path)


def lab(course, to, options=()):
    """Lay the chapters into the learner's folder and open JupyterLab there, on the start page; ends when it ends.

    options  of JupyterLab, after --: autograder lab -- --no-browser
    """
    from jupyterlab.labapp import LabApp

    from .workbook import workbook

    workbook(course, to)
    os.chdir(to)
    paths = [str(Path(SETTINGS).resolve()), os.environ.get("JUPYTER_CONFIG_PATH")]
    os.environ["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, paths))
    if getattr(os, "geteuid", lambda: 1)() == 0:
        print("You are root: JupyterLab is started with --allow-root.")
        options = ["--allow-root", *options]
    LabApp.launch_instance(options)
