"""Reading a hand-in without believing it, and rebuilding the notebook it stands for from the instructor's source.

Believed of a hand-in: the text of its solution cells, its free texts, and the code cells its learner added or changed.
Never its metadata, tags, outputs, attachments or other files.
"""

import copy
import json
import os
import stat
from dataclasses import dataclass

MOST_BYTES = 64 * 1024 * 1024
MOST_PARTS = 1_000_000  # lists and objects in its JSON: each takes twenty times its room in memory
MOST_CELLS = 2000
MOST_SOURCE = 200_000  # characters of one cell


class Unreadable(ValueError):
    """A hand-in that cannot be read; says what is wrong with it and what to do."""


@dataclass
class Cell:
    """A cell of the rebuilt notebook and what it is there for.

    role  "given", "show" (not run), "solution", "test", "free" (a text marked by hand), "text" or "added"
    full  a test's text with its hidden part, where `node.source` is what the learner has; a free text as released
    """

    node: dict
    role: str
    name: str = ""
    full: str = ""


def read(root, *names):
    """The bytes of a regular file, root/name/.../name, reached through no symbolic link; Unreadable otherwise."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK
    here = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for i, name in enumerate(names):
            try:
                there = os.open(name, flags | (os.O_DIRECTORY if i < len(names) - 1 else 0), dir_fd=here)
            except FileNotFoundError:
                raise Unreadable(f"There is no {names[-1]}: was it handed in under another name?") from None
            except OSError as problem:
                raise Unreadable(f"{name} is no ordinary file or folder ({problem.strerror}).") from None
            os.close(here)
            here = there
        about = os.fstat(here)
        if not stat.S_ISREG(about.st_mode):
            raise Unreadable(f"{names[-1]} is no ordinary file.")
        if about.st_size > MOST_BYTES:
            raise Unreadable(
                f"{names[-1]} has {about.st_size / 1e6:.0f} MB, and more than {MOST_BYTES / 1e6:.0f} MB are not read: "
                "clear its outputs, save it, and hand it in again."
            )
        with os.fdopen(os.dup(here), "rb") as file:
            return file.read(MOST_BYTES + 1)[:MOST_BYTES]
    finally:
        os.close(here)


def loads(data):
    """A hand-in's bytes as the dict they are the JSON of, with a list of cells; Unreadable where they are not."""
    if not data.strip():
        raise Unreadable("The file is empty: it was handed in before it was saved, or the upload broke off.")
    if data.count(b"[") + data.count(b"{") > MOST_PARTS:
        raise Unreadable("The file has too many parts to be a notebook: clear its outputs, save it, hand it in again.")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise Unreadable(f"The file is not UTF-8 text (byte {problem.start}): save it again in JupyterLab.") from None
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError) as problem:
        where = f"line {problem.lineno}" if isinstance(problem, json.JSONDecodeError) else "nested too deep"
        raise Unreadable(f"The file is not a whole notebook (its JSON breaks off or is wrong at {where}).") from None
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise Unreadable("The file is no notebook of format 4: open it in JupyterLab, save it, and hand that in.")
    return notebook


def parse(data):
    """The cells of a hand-in as plain dicts with cell_type, source, id and grade_id; Unreadable where it has none."""
    notebook = loads(data)
    if len(notebook["cells"]) > MOST_CELLS:
        raise Unreadable(f"The notebook has more than {MOST_CELLS} cells.")
    return [cell for cell in map(_cell, notebook["cells"]) if cell]


def _cell(raw):
    """What is believed of one cell, or None of what is no cell."""
    if not isinstance(raw, dict) or raw.get("cell_type") not in ("code", "markdown", "raw"):
        return None
    source = raw.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        return None
    source = source[:MOST_SOURCE].encode("utf-8", "replace").decode()  # lone surrogates
    marks = raw.get("metadata")
    marks = marks.get("nbgrader") if isinstance(marks, dict) else None
    grade_id = marks.get("grade_id") if isinstance(marks, dict) else None
    return {
        "cell_type": raw["cell_type"],
        "source": source,
        "id": raw["id"] if isinstance(raw.get("id"), str) else None,
        "grade_id": grade_id if isinstance(grade_id, str) else None,
    }


def rebuild(source, release, cells):
    """The notebook that the believed parts stand for, as a list of Cell.

    source   the instructor's notebook, release  what nbgrader made of it (stubs, checksums): the same cells
    cells    of `parse`; [] for a hand-in that could not be read
    """
    base = [_role(*pair) for pair in zip(source.cells, release.cells, strict=True)]
    by_name, by_id = ({cell.name: cell for cell in base if cell.name}, {cell.node["id"]: cell for cell in base})
    by_text = {}
    for cell in base:
        by_text.setdefault(cell.node["source"], cell)
    added, seen, last = {id(None): []}, set(), None
    for cell in reversed(cells):  # of two cells with one grade_id the last counts, as with nbgrader
        twin = by_name.get(cell["grade_id"])
        if twin is not None and twin.name not in seen:
            seen.add(twin.name)
            cell["base"] = twin
    for cell in cells:
        twin = cell.get("base")
        if twin is None and cell["grade_id"] is None:
            twin = by_id.get(cell["id"])
            twin = twin if twin is not None and not twin.name else by_text.get(cell["source"])
        if twin is not None:
            last = twin
            if twin.role in ("solution", "free"):
                twin.node["source"] = cell["source"]
                continue
            if twin.role != "given" or cell["source"] == twin.node["source"]:
                continue
        if cell["cell_type"] == "code" and cell["source"].strip():
            added.setdefault(id(last), []).append(cell["source"])
    rebuilt = [_added(text) for text in added[id(None)]]
    for cell in base:
        rebuilt += [cell, *(_added(text) for text in added.get(id(cell), ()))]
    for number, cell in enumerate(rebuilt):
        if cell.role == "added":
            cell.node["id"] = f"added-{number}"
    return rebuilt


def _role(source, release):
    """One cell of the course as it stands in an untouched hand-in."""
    node = copy.deepcopy(release)
    if node.cell_type == "code":
        node.outputs, node.execution_count = [], None
    marks = node.metadata.get("nbgrader", {})
    name = marks.get("grade_id", "")
    if marks.get("solution"):
        return Cell(node, "free" if marks.get("grade") else "solution", name, node.source)
    if marks.get("grade"):
        return Cell(node, "test", name, source.source)
    if node.cell_type != "code":
        return Cell(node, "text", name)
    return Cell(node, "show" if "show" in node.metadata.get("tags", ()) else "given", name)


def _added(text):
    metadata = {"tags": ["added"]}
    return Cell(
        dict(cell_type="code", source=text, metadata=metadata, outputs=[], execution_count=None, id=""), "added"
    )


def as_typed(text):
    """A learner's text as Markdown that shows every character as it was typed and does nothing else.

    Nothing of it is a tag, a link, a picture or a formula: each mark is written as its number.
    """
    harmless = "".join(c if c.isalnum() or c in " \n,;" else f"&#{ord(c)};" for c in text)
    return f'<pre style="white-space: pre-wrap">{harmless}</pre>'
