"""`autograder grade --scheduler`: a real scheduler and two real workers, one of them killed in the middle."""

import shutil
import signal
import subprocess
import sys

import classroom
import pytest
import sample_class
from sample_class import CHAPTER

from conftest import CHECKOUT

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

COPIES = 5  # of each hand-in of the sample class


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = sample_class.lay_out(tmp_path_factory.mktemp("cluster"))
    for hand_in in list((course / "submitted").iterdir()):
        for copy in range(1, COPIES):
            shutil.copytree(hand_in, hand_in.with_name(f"{hand_in.name}-{copy}"))
    return course


@pytest.fixture
def cluster(tmp_path):
    """(the scheduler's address, its two workers' processes)."""
    with classroom.cluster(tmp_path, 2) as (address, workers):
        yield address, workers


def grade(course, *words, wait=True):
    command = [sys.executable, "-m", "autograder.grading.cli", "grade", CHAPTER, "--course-dir", str(course), *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=CHECKOUT)
    if not wait:
        return process
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def test_two_workers_give_the_same_marks_and_one_may_be_killed(course, cluster):
    address, workers = cluster
    assert grade(course)[0] == 0
    alone = sample_class.points(course)
    for name in ("gradebook.db", "autograded"):
        path = course / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    sample_class.nbgrader(course, "generate_assignment", "--force", CHAPTER)
    running = grade(course, "--force", "--scheduler", address, wait=False)
    first = running.stdout.readline()
    workers[0].send_signal(signal.SIGKILL)
    out, err = running.communicate(timeout=300)
    assert running.returncode == 0, err
    assert len((first + out).splitlines()) == len(alone) + 1 and f"{len(alone)} hand-ins" in out
    assert sample_class.points(course) == alone


def test_no_scheduler_and_no_workers_are_one_sentence(course, cluster):
    code, _, err = grade(course, "--force", "--scheduler", "tcp://127.0.0.1:1")
    assert (code, err.count("\n")) == (2, 1) and "no scheduler answers at tcp://127.0.0.1:1" in err
    address, workers = cluster
    for worker in workers:
        worker.terminate()
        worker.wait(20)
    code, _, err = grade(course, "--force", "--scheduler", address)
    assert (code, err.count("\n")) == (2, 1) and "no workers yet" in err
