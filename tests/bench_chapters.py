"""How long each chapter takes from top to bottom with its solutions, and how long a widget takes to answer a move.

`python tests/bench_chapters.py [chapter ...]` (`make bench`).
"""

import json
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import nbformat  # noqa: E402
from course_under_test import CHAPTERS, REPOSITORY  # noqa: E402
from nbclient import NotebookClient  # noqa: E402

from autograder.grading import notebook  # noqa: E402

# Run in the chapter's kernel when all its cells have run: ten moves of every slider that a widget of it shows.
MOVES = """
import json as _json, statistics as _statistics, time as _time
import ipywidgets as _widgets

_processor, _found = _time.process_time(), []
for _row in [w for w in _widgets.widgets.widget._instances.values() if isinstance(w, _widgets.HBox)]:
    if [type(c).__name__.endswith(("Text", "Slider")) for c in _row.children] != [True, True]:
        continue
    _field, _slider = _row.children
    _times, _start = [], _slider.value
    for _ in range(10):
        _there = _slider.value
        _before = _time.perf_counter(), _time.process_time()
        _slider.value = _there * 10**_slider.step if "Log" in type(_slider).__name__ else _there + _slider.step
        _times.append((_time.perf_counter() - _before[0], _time.process_time() - _before[1]))
        if _slider.value == _there:
            _slider.value = _start
    _found.append((_field.description, *(1000 * _statistics.median(_t) for _t in zip(*_times))))
print(_json.dumps([_processor, _found]))
"""


def run(path):
    """Seconds on the clock and of processor time that one chapter took, and the same in ms of each slider's moves."""
    book = notebook.read(path)
    book.cells.append(nbformat.v4.new_code_cell(MOVES))
    client = NotebookClient(book, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}})
    start = time.perf_counter()
    with client.setup_kernel(env=os.environ | {"PYTHONPATH": str(REPOSITORY), "OPENBLAS_NUM_THREADS": "1"}):
        for i, cell in enumerate(book.cells[:-1]):
            client.execute_cell(cell, i)
        clock = time.perf_counter() - start
        client.execute_cell(book.cells[-1], len(book.cells) - 1)
    return clock, *json.loads(book.cells[-1].outputs[0].text)


def main():
    for folder, path in CHAPTERS.items():
        if sys.argv[1:] and folder not in sys.argv[1:]:
            continue
        clock, processor, moves = run(path)
        print(
            f"{folder}: {clock:.1f} s from top to bottom, kernel's start included; {processor:.1f} s of processor time"
        )
        for name, median, busy in moves:
            print(f"    a move of {name}: {median:.0f} ms, {busy:.0f} ms of processor time")


if __name__ == "__main__":
    main()
