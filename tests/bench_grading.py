"""Throughput of grading, one core, against nbgrader's own execution: `python tests/bench_grading.py` (`make bench`).

Both sides grade the same notebooks of chapter 1 in the same run: right ones, known mistakes, untouched ones.
--large 5000 grades that many too (1,000 without).
"""

import argparse
import contextlib
import io
import itertools
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parent.parent)]

import classroom  # noqa: E402
from course_under_test import CHAPTERS, reference  # noqa: E402

from autograder.grading import children, grade, gradebook, judge, notebook, sync, workers  # noqa: E402

CHAPTER, CORE = "01-neurons", "0"
CLASS, PLAIN = 200, (2, 10)  # hand-ins: ours, and the two counts whose difference is nbgrader's cost


def answers(number):
    """What hand-in `number` answers: of five one is untouched, two are right, two have known mistakes."""
    right = classroom.references(CHAPTER)
    if number % 5 == 0:
        return {}
    wrong = classroom.known_mistakes("neurons") if number % 5 < 3 else {}
    chosen = {e: many[number % len(many)] for e, many in itertools.islice(wrong.items(), number % 7, None)}
    return right | {exercise: classroom.as_typed(mistake) for exercise, mistake in chosen.items()}


def class_of(folder, size, plain=False):
    """A course root with `size` hand-ins; plain: nbgrader's own execution."""
    course = classroom.copy(folder, [CHAPTER])
    if plain:
        config = course / "nbgrader_config.py"
        config.write_text(config.read_text("utf-8").replace("trusted.configure(c, ROOT)", ""), "utf-8")
    classroom.release(course, CHAPTER)
    for number in range(size):
        classroom.hand_in(course, CHAPTER, f"s{number:05}", answers(number))
    return course


def seconds(command, course):
    """Wall time and peak memory (MiB) of a command on one core."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(course.parent), str(classroom.REPOSITORY)])}
    start = time.perf_counter()
    quiet = dict(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process = subprocess.Popen(["taskset", "-c", CORE, *command], cwd=course, env=environment, **quiet)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode in (0, 1), f"{command} ended with {process.returncode}"
    return time.perf_counter() - start, used.ru_maxrss / 1024


def ours(size):
    with tempfile.TemporaryDirectory() as folder:
        course = class_of(folder, size)
        return seconds(classroom.command(course, CHAPTER, "--jobs", "1"), course)


def plain():
    """Seconds a hand-in of nbgrader's own execution, its start not counted."""
    spent = []
    for size in PLAIN:
        with tempfile.TemporaryDirectory() as folder:
            course = class_of(folder, size, plain=True)
            spent.append(seconds([sys.executable, "-m", "nbgrader", "autograde", CHAPTER], course)[0])
    return (spent[1] - spent[0]) / (PLAIN[1] - PLAIN[0])


class Clock:
    """Adds up the time that methods take."""

    def __init__(self):
        self.spent = {}

    def watch(self, owner, name, label):
        inside = getattr(owner, name)

        def timed(*args, **named):
            start = time.perf_counter()
            try:
                return inside(*args, **named)
            finally:
                self.spent[label] = self.spent.get(label, 0.0) + time.perf_counter() - start

        setattr(owner, name, timed)


def parts(size=40):
    """Label -> seconds a hand-in, in this process."""
    clock = Clock()
    clock.watch(children.Template, "__init__", "template (once)")
    clock.watch(children.Child, "__init__", "fork and confine")
    clock.watch(children.Child, "run", "student cells")
    clock.watch(children.Child, "answer", "answers fetched")
    clock.watch(children.Child, "call", "student functions called")
    clock.watch(children.Child, "end", "child ended")
    clock.watch(judge, "_execute", "checks, with those calls")
    clock.watch(judge.Judge, "judge", "judging, all of it")
    clock.watch(gradebook.Gradebook, "write", "gradebook")
    clock.watch(gradebook.Gradebook, "commit", "gradebook")
    clock.watch(grade, "lay_out", "autograded folder")
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        course = class_of(folder, size)
        here = grade.Processes
        grade.Processes = Here
        try:
            grade.grade(course, CHAPTER, jobs=1)
        finally:
            grade.Processes = here
            workers.close()
    return {label: spent / (1 if "once" in label else size) for label, spent in clock.spent.items()}


class Here:
    """Judges in this process, where it can be watched."""

    def __init__(self, chapter, jobs):
        self.chapter = chapter

    def map(self, tasks):
        for name, task in tasks:
            yield name, workers.judge(self.chapter, *task)

    def close(self):
        pass


def floor():
    """Seconds of the same cells and checks in a bare warm Python, right answers."""
    source = notebook.read(CHAPTERS[CHAPTER])
    cells = [c.source for c in source.cells if c.cell_type == "code" and "show" not in c.metadata.get("tags", ())]
    tests = notebook.exercises(source)
    cells = [text for text in cells if text not in {e.test.source for e in tests}]
    times = []
    for _ in range(9):
        start = time.perf_counter()
        room = {"__name__": "__main__"}
        with contextlib.redirect_stdout(io.StringIO()):
            for text in cells:
                exec(compile(text, "<cell>", "exec"), room)
        for exercise in tests:
            sync.run_check(exercise, reference("neurons", exercise.identifier), ".", exercise.test.source)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--large", type=int, default=1000)
    large = parser.parse_args().large
    slow = plain()
    total, memory = ours(CLASS)
    print(f"nbgrader autograde: {slow:.2f} s a hand-in (start not counted)")
    print(f"autograder grade:   {total / CLASS:.3f} s a hand-in, {CLASS} of them, sandbox on, start counted")
    print(f"ratio on one core:  {slow / (total / CLASS):.0f} times")
    print(f"floor: {floor():.3f} s, the same cells and checks in a bare warm Python")
    for label, spent in parts().items():
        print(f"  {1000 * spent:8.1f} ms  {label}")
    more, most = ours(large)
    print(f"{large} hand-ins: {more / large:.3f} s each, {more / large / (total / CLASS):.2f} times that at {CLASS}")
    print(f"peak memory: {memory:.0f} MiB at {CLASS}, {most:.0f} MiB at {large}")


if __name__ == "__main__":
    main()
