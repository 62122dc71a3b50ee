"""The gradebook in PostgreSQL, by nbgrader's db_url: SQLite's marks, and they stay when a class is graded again.

A server of one's own, on a socket in a temporary folder: `apt install postgresql`, and `pip install 'psycopg[binary]'`.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import classroom
import pytest

CHAPTER, SLUG = "01-neurons", "neurons"
INITDB = shutil.which("initdb") or next(map(str, Path("/usr/lib/postgresql").glob("*/bin/initdb")), None)


@pytest.fixture(scope="module")
def server():
    """The address of an empty database."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    if INITDB is None:
        pytest.skip("no PostgreSQL server is installed here")
    who = pwd.getpwuid(os.getuid()).pw_name
    if who == "root":  # whom the server refuses
        who = "postgres"
        try:
            pwd.getpwnam(who)
        except KeyError:
            pytest.skip("PostgreSQL does not run as root, and there is no user postgres")
    folder = Path(tempfile.mkdtemp(prefix="postgresql-"))
    try:
        if os.getuid() == 0:
            shutil.chown(folder, who)
        options = dict(check=True, stdout=subprocess.DEVNULL, cwd="/", user=who if os.getuid() == 0 else None)
        control = [str(Path(INITDB).with_name("pg_ctl")), "-D", str(folder / "data"), "-w"]
        subprocess.run([INITDB, "-D", str(folder / "data"), "-A", "trust", "-U", "grader", "-E", "UTF8"], **options)
        quiet = f"-k {folder} -c listen_addresses='' -c fsync=off"
        subprocess.run([*control, "-l", str(folder / "log"), "-o", quiet, "start"], **options)
        try:
            yield f"postgresql+psycopg://grader@/postgres?host={folder}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def submitted(folder, url=None):
    """A course, released, with three hand-ins; its gradebook at `url`, in SQLite where there is none."""
    course = classroom.copy(folder, [CHAPTER])
    if url:
        with open(course / "nbgrader_config.py", "a") as config:
            # A course_id, because PostgreSQL keeps the reference to a course that SQLite lets pass.
            config.write(f'\nc.CourseDirectory.db_url = "{url}"\nc.CourseDirectory.course_id = "backpropagation"\n')
    classroom.release(course, CHAPTER)
    right = classroom.references(CHAPTER)
    wrong = {e: classroom.as_typed(many[0]) for e, many in classroom.known_mistakes(SLUG).items()}
    classroom.hand_in(course, CHAPTER, "right", right)
    classroom.hand_in(course, CHAPTER, "mixed", right | dict(list(wrong.items())[::2]))
    classroom.hand_in(course, CHAPTER, "none", {}).write_text("{")
    when = course / "submitted" / "mixed" / CHAPTER / "timestamp.txt"
    when.write_text("2030-01-02 12:00:00 UTC")
    return course


def test_the_marks_are_those_of_sqlite_and_stay(server, tmp_path):
    from nbgrader.api import Gradebook

    course, other = submitted(tmp_path / "postgresql", server), submitted(tmp_path / "sqlite")
    (other / ".autograder").mkdir(mode=0o700)
    for one in (course, other):
        done = classroom.grade(one, CHAPTER, "--jobs", "1")
        assert done.returncode == 1 and "is not a whole notebook" in done.stdout, done.stderr
        if one is course:
            shutil.copy(course / ".autograder" / "secret", other / ".autograder")
    marks = classroom.marks(course, CHAPTER, server)
    assert marks == classroom.marks(other, CHAPTER) and set(marks) == {"right", "mixed", "none"}
    assert not (course / "gradebook.db").exists()
    assert sum(g[0] for g in marks["right"]["grades"].values()) == 17
    with Gradebook(server) as book:
        book.find_grade("test_sigmoid", SLUG, CHAPTER, "mixed").manual_score = 1.5
        book.find_comment("sigmoid", SLUG, CHAPTER, "mixed").manual_comment = "nearly"
        book.db.commit()
    before = classroom.marks(course, CHAPTER, server)
    done = classroom.grade(course, CHAPTER, "--jobs", "1")
    assert done.stdout.count("as before") == 3, done.stderr
    assert classroom.marks(course, CHAPTER, server) == before
    done = classroom.grade(course, CHAPTER, "--jobs", "1", "--force")
    after = classroom.marks(course, CHAPTER, server)
    score = before["mixed"]["grades"].pop("test_sigmoid"), after["mixed"]["grades"].pop("test_sigmoid")
    assert score == ((*score[0][:3], False), (*score[0][:3], True)) and score[0][1] == 1.5
    assert after == before and after["mixed"]["comments"]["sigmoid"][1] == "nearly"


def test_a_server_that_is_gone_is_one_sentence(server, tmp_path):
    course = submitted(tmp_path)
    with open(course / "nbgrader_config.py", "a") as config:
        config.write(f'\nc.CourseDirectory.db_url = "{server}-nowhere"\n')
    done = classroom.grade(course, CHAPTER)
    assert done.returncode == 2 and len(done.stderr.splitlines()) == 1, done.stderr
    assert "database cannot be" in done.stderr and not (course / "autograded").exists()
