"""What each check costs, at the sizes the chapters use: `python tests/bench.py` (`make bench`)."""

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from course_under_test import every_exercise, reference, run_check  # noqa: E402

RUNS = 7


def milliseconds(slug, folder, exercise):
    """The median time of the whole check cell, hidden tests included, with the reference answer."""
    answer, times = reference(slug, exercise.identifier), []
    for _ in range(RUNS):
        start = time.perf_counter()
        run_check(exercise, answer, folder, exercise.test.source)
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def main():
    cost = {name: milliseconds(*rest) for name, *rest in every_exercise()}
    for name, ms in sorted(cost.items(), key=lambda item: -item[1]):
        print(f"{ms:8.2f} ms  {name}")
    slowest = max(cost, key=cost.get)
    print(f"{len(cost)} checks: median {statistics.median(cost.values()):.1f} ms, {slowest} {cost[slowest]:.1f} ms")


if __name__ == "__main__":
    main()
