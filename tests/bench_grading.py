"""What grading a class costs: `python tests/bench_grading.py [hand-ins]` (`make bench`; 1,000 where none are given).

One core, `autograder grade --jobs 1` with the sandbox on against plain `nbgrader autograde`, on the same notebooks in
the same run.  Seconds are of CPU, of every process that took part, with those of the clock beside them: other people's
work on the machine is in the clock.
"""

import contextlib
import importlib.util
import io
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import classroom  # noqa: E402
import nbformat  # noqa: E402
from course_under_test import CHAPTERS, COURSE, run_check  # noqa: E402

from autograder.grading import grade, gradebook, judge, notebook, sandbox, submission, workers  # noqa: E402
from autograder.grading.children import Child, Limits, Template  # noqa: E402

CHAPTER = "01-neurons"
SLUG = CHAPTERS[CHAPTER].stem
OURS, PLAIN, FEW = 200, 8, 2
HOOK = "trusted.configure(c, ROOT)"
ON_ONE_CORE = ["taskset", "-c", "0"] if shutil.which("taskset") else []


def kinds(release):
    """Hand-ins as bytes: all right, a known mistake in every second exercise (three times), half done, untouched."""
    right = classroom.references(CHAPTER)
    known = {e: list(map(classroom.as_typed, many)) for e, many in classroom.known_mistakes(SLUG).items()}
    mixed = [right | {e: known[e][n % len(known[e])] for e in list(right)[n % 2 :: 2] if e in known} for n in range(3)]
    half = dict(list(right.items())[: len(right) // 2])
    own = [(None, "def helper(x):\n    return x\n\n\nprint(helper(1))")]
    return [classroom.answered(release, answers, added=own) for answers in (right, *mixed, half, {})]


def lay_out(folder, count, plain=False):
    """A course with so many hand-ins."""
    course = classroom.copy(folder, [CHAPTER])
    if plain:
        config = course / "nbgrader_config.py"
        config.write_text(config.read_text("utf-8").replace(HOOK, ""), "utf-8")
    classroom.release(course, CHAPTER)
    hand_ins = kinds((course / "release" / CHAPTER / f"{SLUG}.ipynb").read_text("utf-8"))
    for number in range(count):
        place = course / "submitted" / f"s{number:05}" / CHAPTER
        place.mkdir(parents=True)
        (place / f"{SLUG}.ipynb").write_bytes(hand_ins[number % len(hand_ins)])
    return course


def cost(course, *command):
    """(CPU seconds, seconds, largest process in MB) of a command and all that it starts."""
    env = os.environ | {"PYTHONPATH": f"{course.parent}{os.pathsep}{COURSE.parent}"}
    start = time.monotonic()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*ON_ONE_CORE, sys.executable, *command], cwd=course, env=env, stdout=log, stderr=log
        )
        most = 0
        while not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
            most = max(most, *map(memory, [process.pid, *children(process.pid)]))
            time.sleep(0.2)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = status
        if status:
            log.seek(0)
            sys.exit(log.read().decode())
    return used.ru_utime + used.ru_stime, time.monotonic() - start, most


def children(process):
    with contextlib.suppress(OSError):
        return Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return []


def memory(process):
    """The most MB that a process has held; wait4's number would be that of the process which started it."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
    return 0


def ours(folder, count):
    """The cost of grading so many hand-ins, start included.

    At the full level the children are nobody's whom the command waits for: what they used is in their results.
    """
    with tempfile.TemporaryDirectory(dir=folder) as place:
        course = lay_out(Path(place), count)
        command = ["-m", "autograder.grading.cli", "grade", CHAPTER, "--course-dir", str(course), "--jobs", "1"]
        cpu, clock, most = cost(course, *command)
        with contextlib.closing(grade.Store(course)) as store:
            results = [store.get(CHAPTER, f"s{number:05}")[1] for number in range(count)]
        unseen = sum(result.seconds for result in results if result.level == sandbox.FULL)
        return cpu + unseen, clock, most


def plain(folder):
    """(CPU seconds, seconds) of plain nbgrader for one hand-in: what more of them add, its start left out."""
    costs = []
    for count in (FEW, PLAIN):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            course = lay_out(Path(place), count, plain=True)
            costs.append(cost(course, "-m", "nbgrader", "autograde", CHAPTER)[:2])
    return [(more - few) / (PLAIN - FEW) for few, more in zip(*costs, strict=True)]


class Spent:
    """Seconds by the clock in each of several functions, those it calls among them left out."""

    def __init__(self):
        self.seconds, self._open, self._undo = Counter(), [], []

    def watch(self, label, owner, name):
        original = getattr(owner, name)

        def timed(*args, **named):
            self._open.append(0.0)
            start = time.perf_counter()
            try:
                return original(*args, **named)
            finally:
                whole, within = time.perf_counter() - start, self._open.pop()
                self.seconds[label] += whole - within
                if self._open:
                    self._open[-1] += whole

        setattr(owner, name, timed)
        self._undo.append((owner, name, original))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for owner, name, original in self._undo:
            setattr(owner, name, original)


class Here:
    """Judges in this process, where the clocks are."""

    def __init__(self, chapter):
        self.chapter = chapter

    def map(self, tasks):
        return ((name, grade.judge(self.chapter, *task)) for name, task in tasks)

    def close(self):
        workers.close()


def where(folder, count):
    """Label -> milliseconds for each hand-in, of a class judged in this process; and the milliseconds of all."""
    course = lay_out(Path(folder), count)
    about = grade.chapter(course, course / "source" / CHAPTER)
    folders, store = grade.Folders(course), grade.Store(course)
    book = grade.Gradebook(folders, CHAPTER, SLUG)
    grade.judge(about, None, "the template is started before the clock")
    with Spent() as spent:
        for label, owner, names in (
            ("read and rebuild", grade, ["HandIn"]),
            ("read and rebuild", submission, ["parse", "rebuild"]),
            ("fork, sandbox", judge, ["Child"]),
            ("the learner's cells", Child, ["run", "answer"]),
            ("the learner's calls", Child, ["call"]),
            ("end of the child", Child, ["end"]),
            ("checks", judge._Run, ["_check"]),
            ("write", grade, ["lay_out"]),
            ("write", gradebook.Gradebook, ["write", "commit"]),
            ("write", gradebook.Store, ["put", "laid_out", "commit"]),
        ):
            for name in names:
                spent.watch(label, owner, name)
        start = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            grade._Class(folders, store, book, CHAPTER, about).grade(folders.students(CHAPTER), Here(about), False)
        whole = time.perf_counter() - start
    book.close()
    store.close()
    return {label: 1000 * seconds / count for label, seconds in spent.seconds.items()}, 1000 * whole / count


def starting(level):
    """(milliseconds until a template stands, milliseconds of a child that does nothing) at a level of the sandbox."""
    limits = Limits()
    start = time.perf_counter()
    template = Template((), (), level, limits)
    stands = 1000 * (time.perf_counter() - start)
    times = []
    for _ in range(30):
        start = time.perf_counter()
        child = Child(template, limits, time.monotonic() + 60)
        child.run("", "nothing")
        child.end("done")
        times.append(1000 * (time.perf_counter() - start))
    template.close()
    return stands, sorted(times)[len(times) // 2]


def floor(count=30):
    """Milliseconds for each hand-in of the same cells and checks in this Python, warm, with nothing around them."""
    source = notebook.read(CHAPTERS[CHAPTER])
    exercises = notebook.exercises(source)
    release = nbformat.writes(source)
    notebooks = [nbformat.reads(one.decode(), as_version=4) for one in kinds(release)]
    for rounds in (1, count // len(notebooks)):  # once to be warm
        start = time.perf_counter()
        for handed_in in notebooks * rounds:
            names = {"__name__": "__main__"}
            for cell in handed_in.cells:
                marks = cell.metadata.get("nbgrader", {})
                if cell.cell_type == "code" and "show" not in cell.metadata.get("tags", ()) and not marks.get("grade"):
                    with contextlib.redirect_stdout(io.StringIO()):
                        exec(compile(cell.source, "cell", "exec"), names)
            for exercise in exercises:
                with contextlib.suppress(Exception):
                    run_check(exercise, names.get(exercise.identifier), CHAPTERS[CHAPTER].parent, exercise.test.source)
        spent = 1000 * (time.perf_counter() - start) / (len(notebooks) * rounds)
    return spent


def clustered(folder, count, workers):
    """Hand-ins a second by the clock with so many Dask workers of one thread, from the first line said to the last."""
    with tempfile.TemporaryDirectory(dir=folder) as place, classroom.cluster(Path(place), workers) as (address, _):
        course = lay_out(Path(place), count)
        command = classroom.command(course, CHAPTER, "--scheduler", address)
        env = os.environ | {"PYTHONPATH": str(COURSE.parent)}
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=env) as run:
            said = [time.monotonic() for _ in run.stdout]
        if len(said) != count + 1 or run.returncode not in (0, 1):
            sys.exit(f"{count} hand-ins with {workers} workers: {len(said)} lines, exit status {run.returncode}")
        return (count - 1) / (said[-2] - said[0])


def main(many):
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        print(f"{CHAPTER}, one core, sandbox {sandbox.wanted()}; CPU (and clock) for each hand-in")
        cpu, clock, least = ours(folder, OURS)
        theirs = plain(folder)
        for (cpu_of_one, clock_of_one), what in (
            (theirs, "plain nbgrader autograde, its start left out"),
            ((cpu / OURS, clock / OURS), f"autograder grade, {OURS} hand-ins, its start included"),
        ):
            print(f"{1000 * cpu_of_one:8.0f} ms ({1000 * clock_of_one:.0f})  {what}")
        print(f"{theirs[0] * OURS / cpu:8.1f} times the throughput ({theirs[1] * OURS / clock:.1f} by the clock)")
        parts, whole = where(folder, 60)
        print(f"\nWhere the time of one hand-in goes ({whole:.1f} ms by the clock):")
        for label, ms in sorted(parts.items(), key=lambda part: -part[1]):
            print(f"{ms:8.1f} ms  {label}")
        print(f"{whole - sum(parts.values()):8.1f} ms  the rest of the judge")
        print(f"{floor():8.1f} ms  the floor: the same cells and checks in a bare warm Python")
        for level in [sandbox.FULL, sandbox.LANDLOCK, sandbox.NONE]:
            with contextlib.suppress(OSError):
                stands, child = starting(level)
                print(
                    f"{child:8.1f} ms  a child that does nothing, sandbox {level}; its template: {stands:.0f} ms, once"
                )
        if importlib.util.find_spec("distributed"):
            one, two = (clustered(folder, OURS, workers) for workers in (1, 2))
            print(f"\n{two / one:8.2f} times as many with two Dask workers: {two:.1f} a second, {one:.1f} with one")
        more, _, most = ours(folder, many)
        ratio = more / many / (cpu / OURS)
        print(f"\n{1000 * more / many:8.0f} ms at {many:,} hand-ins, {ratio:.2f} times that at {OURS}")
        print(f"{most:8.0f} MB in the largest process at {many:,} hand-ins, {least:.0f} at {OURS}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000)
