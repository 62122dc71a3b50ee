"""`autograder bundle`: what a learner needs, as one zip for an LMS or nbgitpuller, and no answer in it."""

import io
import json
import os
import tempfile
import tomllib
import zipfile
from pathlib import Path

from autograder.check import progress

from . import start
from .notebook import chosen
from .workbook import _release

ROOMS = ["autograder/__init__.py", "autograder/check/*", "course/__init__.py"]
ROOMS += ["course/data/*", "course/figures/*", "course/known/*"]
KINDS = {".py", ".npz", ".css", ".js"}  # of files in them
PAGES = ["LICENSE", "LICENSE-text.md", "requirements.txt"]

README = """\
# {title}

{summary}.

You need Python 3.11 or newer. In this folder:

    python -m venv .venv
    . .venv/bin/activate
    pip install .
    jupyter lab start.ipynb

On Windows the first two lines are `py -m venv .venv` and `.venv\\Scripts\\activate`. On a server that has JupyterLab,
`pip install .` in a terminal is enough.

`start.ipynb` is the start page: the chapters, and your progress, which is kept in `{progress}` beside it and sent
nowhere. A check says what is wrong, as often as you run it; hand in the notebook where your course tells you to.

{chapters}

Who may use what is in LICENSE-text.md.
"""

PYPROJECT = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "{name}"
version = "{version}"
description = "{description}"
requires-python = "{requires-python}"
dynamic = ["dependencies"]

[tool.setuptools]
packages = {packages}

[tool.setuptools.dynamic]
dependencies = {{ file = ["requirements.txt"] }}

[tool.setuptools.package-data]
"*" = ["*.npz", "*.css", "*.js"]
"""


KEPT = b"What your checks have found so far, for the start page. Delete these files and it is forgotten.\n"


def bundle(course, archive, names=()):
    """Make the zip for those who hand out through an LMS or nbgitpuller; prints one line.

    course   nbgrader's course root, with the rest of the checkout beside it
    archive  the zip, written whole or not at all: the same course gives the same bytes
    names    chapters, by folder or slug; all where empty
    Raises Refusal where a chapter is missing or cannot be released.
    """
    root, folders, files = Path(course).resolve().parent, chosen(course, names), {}
    for pattern in ROOMS + PAGES:
        found = [path for path in root.glob(pattern) if path.suffix in KINDS or pattern in PAGES]
        files |= {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
    with tempfile.TemporaryDirectory(prefix="bundle-") as scratch:
        for folder in folders:
            _release(course, folder, Path(scratch))
        released = Path(scratch, "release")
        page = start.page(course, released)
        found = [path for path in released.rglob("*") if path.is_file()]
        files |= {path.relative_to(released).as_posix(): path.read_bytes() for path in found}
    for cell in page["cells"]:
        cell |= {"outputs": []} if cell["cell_type"] == "code" else {}
    files[start.PAGE] = (json.dumps(page, indent=1, ensure_ascii=False) + "\n").encode()
    files[f"{progress.FOLDER}/README.txt"] = KEPT  # a zip holds no empty folder; without it no progress is kept
    project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
    packages = sorted(n.removesuffix("/__init__.py").replace("/", ".") for n in files if n.endswith("/__init__.py"))
    files["pyproject.toml"] = PYPROJECT.format(**project, packages=packages).encode()
    title, _, _ = (root / "README.md").read_text("utf-8").partition("\n")
    notebooks = [f"- {name}" for name in sorted(files) if name.endswith(".ipynb") and "/" in name]
    words = dict(title=title.lstrip("# "), summary=project["description"], progress=progress.FOLDER)
    text = README.format(**words, chapters="\n".join(notebooks))
    files["README.md"] = text.encode()

    zipped = _zipped(project["name"], files)
    archive.parent.mkdir(parents=True, exist_ok=True)
    part = archive.with_name(archive.name + ".part")
    part.write_bytes(zipped)
    os.replace(part, archive)
    print(f"{archive}: {len(folders)} chapters, {len(files)} files, {len(zipped) / 1e6:.1f} MB")


def _zipped(top, files):
    """The bytes of a zip of `files` (name -> bytes) in a folder `top`, in order and with one date for all."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(f"{top}/{name}", date_time=(1980, 1, 1, 0, 0, 0))
            entry.create_system, entry.external_attr = 3, 0o644 << 16  # the same on every system
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return out.getvalue()
