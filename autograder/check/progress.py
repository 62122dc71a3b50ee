"""What a learner has tried and passed: kept beside the chapters in the workbook, shown on its start page, sent nowhere.

`autograder workbook` makes the folder .progress; without it, or outside a notebook's kernel, nothing is kept.
"""

import json
import os
import re
from html import escape
from pathlib import Path

from .findings import NOTED, RIGHT, WRONG

FOLDER = ".progress"  # in the workbook: <slug>.json for each chapter, identifier -> one of the words below
PASSED, TRIED, UNTRIED = "passed", "tried", "not attempted"
WORDS = {RIGHT: PASSED, NOTED: PASSED, WRONG: TRIED}
LEFT = ' style="text-align:left"'  # JupyterLab's tables are set to the right
MARKS = {PASSED: "\u2713", TRIED: "\u25d0", UNTRIED: "\u25cb"}


def keep(slug, identifier, outcome):
    """Keep a check's outcome, whole or not at all; what cannot be kept is forgotten, and nothing is said.

    A check that found nothing to judge takes nothing back: a newer release starts with empty cells.
    """
    folder = Path("..", FOLDER)  # a kernel works in the notebook's folder
    try:
        if outcome not in WORDS or not folder.is_dir() or not _in_a_kernel():
            return
        kept = _kept(folder, slug)
        if kept.get(identifier) == WORDS[outcome]:
            return
        part = folder / f"{slug}.{os.getpid()}.part"  # one kernel writes one chapter; should two, each its own
        part.write_text(json.dumps(kept | {identifier: WORDS[outcome]}, indent=1), "utf-8")
        os.replace(part, folder / f"{slug}.json")
    except OSError:
        pass


def _in_a_kernel():
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")


def _kept(folder, slug):
    try:
        kept = json.loads((Path(folder) / f"{slug}.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    kept = kept if isinstance(kept, dict) else {}
    return {name: word for name, word in kept.items() if word in (PASSED, TRIED)}


def chapters(workbook="."):
    """What the notebooks of a workbook hold and what is kept of it, in order: a list of (path, title, rows).

    rows  a list of (the exercise's heading, its identifier, points, "passed" or "tried" or "not attempted")
    """
    found = []
    for path in sorted(Path(workbook).glob("[0-9][0-9]-*/*.ipynb")):
        if "." in path.stem:  # a newer release, laid beside the learner's
            continue
        try:
            cells = json.loads(path.read_text("utf-8"))["cells"]
            title, rows = _exercises(cells, _kept(Path(workbook) / FOLDER, path.stem))
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            continue  # not a notebook: its chapter opens with an error of its own
        if rows:
            found.append((path.relative_to(workbook).as_posix(), title or path.stem, rows))
    return found


def _exercises(cells, kept):
    title, heading, rows = "", "", []
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            headings = re.findall(r"^(#+) (.+)$", source, re.M)
            title = title or next((words for level, words in headings if level == "#"), "")
            heading = headings[-1][1].removeprefix("Exercise: ") if headings else heading
        marks = cell["metadata"].get("nbgrader", {})
        if marks.get("grade") and not marks.get("solution"):
            identifier = marks["grade_id"].removeprefix("test_")
            rows.append((heading, identifier, marks.get("points", 0), kept.get(identifier, UNTRIED)))
    return title, rows


def text(found):
    """The progress in `chapters` as plain text, a line a chapter."""
    return "\n".join(f"{title}: {_counted(rows)}" for _, title, rows in found)


def _counted(rows):
    states = [state for *_, state in rows]
    return ", ".join(f"{states.count(state)} {state}" for state in MARKS)


def html(found):
    """The progress in `chapters` as HTML: a table of chapters, and a folded one of each chapter's exercises."""
    head = "".join(f'<th scope="col"{LEFT}>{words}</th>' for words in ("chapter", *MARKS))
    rows = [
        f'<th scope="row"{LEFT}><a href="{escape(path)}">{escape(title)}</a></th>'
        + "".join(f"<td>{[state for *_, state in rows].count(word)}</td>" for word in MARKS)
        for path, title, rows in found
    ]
    out = [_table(head, rows)]
    head = "".join(f'<th scope="col"{LEFT}>{words}</th>' for words in ("exercise", "its name", "points", "progress"))
    for _, title, exercises in found:
        rows = [
            f'<th scope="row"{LEFT}>{escape(heading)}</th><td{LEFT}><code>{escape(name)}</code></td><td>{points:g}</td>'
            f'<td{LEFT}><span aria-hidden="true">{MARKS[state]}</span> {state}</td>'
            for heading, name, points, state in exercises
        ]
        out.append(f"<details><summary>{escape(title)}: {_counted(exercises)}</summary>{_table(head, rows)}</details>")
    return "".join(out)


def _table(head, rows):
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def show(workbook="."):
    """Show the progress on the start page, as a table and as text."""
    from IPython.display import display

    found = chapters(workbook)
    display({"text/html": html(found), "text/plain": text(found)}, raw=True)
