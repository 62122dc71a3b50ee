"""How stored outputs are compared (pyproject.toml, nbval.cfg): a PNG's bytes may vary, and nothing else may."""

import re
import subprocess
import sys

import nbformat
from nbformat.v4 import new_code_cell, new_notebook, new_output

from conftest import CHECKOUT

IMAGE = '<img alt="a line" src="data:image/png;base64,iVBORw0KGgo=">'
STORED = {"text/html": IMAGE, "text/plain": "<figure 3f2a>"}
CODE = f"from IPython.display import display\ndisplay({STORED!r}, raw=True)"

# What was stored of the same cell, and what nbval must say of it.
CASES = {
    "as it is": (STORED, "PASSED"),
    "another build of matplotlib": (STORED | {"text/html": IMAGE.replace("iVBORw0KGgo=", "AAAA+/8")}, "PASSED"),
    "other data drawn": (STORED | {"text/plain": "<figure 77b1>"}, "FAILED"),
    "another alt text": (STORED | {"text/html": IMAGE.replace("a line", "two lines")}, "FAILED"),
    "another kind of picture": (STORED | {"text/html": IMAGE.replace("png", "gif")}, "FAILED"),
    "output deleted": (None, "FAILED"),
}


def test_what_nbval_compares(tmp_path):
    cells = [
        new_code_cell(
            CODE,
            execution_count=count,
            outputs=[] if stored is None else [new_output("display_data", data=stored)],
        )
        for count, (stored, _) in enumerate(CASES.values(), 1)
    ]
    nbformat.write(new_notebook(cells=cells), tmp_path / "cases.ipynb")
    command = [sys.executable, "-m", "pytest", "-c", "pyproject.toml", "-p", "no:cacheprovider", "-v", str(tmp_path)]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=120)
    said = re.findall(r"::Cell \d+ (\w+)", done.stdout.partition("= FAILURES =")[0])
    assert dict(zip(CASES, said, strict=True)) == {case: verdict for case, (_, verdict) in CASES.items()}, done.stdout
