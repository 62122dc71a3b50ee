"""The gradebook on a real PostgreSQL server, through nbgrader's own db_url; skipped where there is none."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import classroom
import pytest
import sample_class
from sample_class import CHAPTER

pytest.importorskip("psycopg", reason="psycopg is not installed")
PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin")) or [Path(shutil.which("initdb") or "nowhere").parent]
pytestmark = pytest.mark.skipif(not (PROGRAMS[-1] / "initdb").exists(), reason="no PostgreSQL server is installed")


@pytest.fixture(scope="module")
def server():
    """The URL of a database of a server of our own, reached by a socket file."""
    home = Path(tempfile.mkdtemp(prefix="pg-"))  # not pytest's: that is root's alone
    as_owner = []
    if os.getuid() == 0:  # it refuses to run as root
        shutil.chown(home, "postgres")
        as_owner = ["runuser", "-u", "postgres", "--"]

    def run(program, *words):
        command = [*as_owner, str(PROGRAMS[-1] / program), *words]
        subprocess.run(command, cwd=home, check=True, stdout=subprocess.DEVNULL, timeout=120)

    run("initdb", "-D", str(home / "data"), "-U", "teacher", "--auth=trust", "--no-sync")
    run("pg_ctl", "-D", str(home / "data"), "-w", "-l", str(home / "log"), "-o", f"-k {home} -h '' -F", "start")
    try:
        run("createdb", "-h", str(home), "-U", "teacher", "marks")
        yield f"postgresql+psycopg://teacher@/marks?host={home}"
    finally:
        run("pg_ctl", "-D", str(home / "data"), "-m", "immediate", "stop")
        shutil.rmtree(home)


def test_the_marks_are_those_of_sqlite_and_a_regrade_keeps_what_people_wrote(server, tmp_path):
    course = sample_class.lay_out(tmp_path)
    assert classroom.grade(course, CHAPTER).returncode == 0
    there = classroom.marks(course, CHAPTER)
    with open(course / "nbgrader_config.py", "a") as config:
        config.write(f"\nc.CourseDirectory.db_url = {server!r}\nc.CourseDirectory.course_id = 'backprop'\n")
    classroom.release(course, CHAPTER)
    done = classroom.grade(course, CHAPTER, "--force")
    assert done.returncode == 0, done.stderr
    assert classroom.marks(course, CHAPTER, server) == there and len(there) == 7

    from nbgrader.api import Gradebook

    with Gradebook(server) as book:
        book.find_grade("test_sigmoid", sample_class.SLUG, CHAPTER, "gives-nan").manual_score = 1.5
        book.find_grade("test_sigmoid", sample_class.SLUG, CHAPTER, "gives-nan").extra_credit = 0.25
        book.db.commit()
    assert classroom.grade(course, CHAPTER, "--force").returncode == 0
    grades = classroom.marks(course, CHAPTER, server)["gives-nan"]["grades"]
    assert grades["test_sigmoid"][:3] == (0, 1.5, 0.25)
