"""Hostile hand-ins, graded as one class by `autograder grade`, and by `nbgrader autograde`: nothing gets through.

Beside them lies what they must not touch: a secret, a gradebook, a home, another student's hand-in, sockets, a process,
shared memory.  Each holds a word that may not turn up in what comes back.
"""

import contextlib
import ctypes
import functools
import json
import os
import re
import secrets
import select
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from stat import S_ISDIR

import hostile
import nbformat
import pytest
import sample_class
from hostile import ATTACKS, CHAPTER, FULL, GOT, SLUG, WORD

from autograder.check import findings
from autograder.grading import children, judge, sandbox

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is of Linux")

NOBODY = 65534
LIMITS = dict(call=1, cell=2, hand_in=8, check=5, wall=3)  # seconds, and how many times longer by the clock
LIMITS |= dict(memory=400_000_000, disk=10_000_000)
SLACK = 15  # seconds by the clock that the judge itself, and a busy machine, may add to one hand-in
MEMORY = 1.2e9  # bytes that a process of the grader may take
VERDICTS = {findings.RIGHT, findings.WRONG, findings.NOT_ATTEMPTED, findings.NOTED, findings.UNDECIDED}
VERDICTS |= {children.TIMEOUT, children.MEMORY, children.CRASH, children.PROTOCOL, judge.UNREADABLE}
HONEST = {"honest-all-right": [], "honest-all-but-one": ["sigmoid"]}  # and what is wrong there
VICTIM = """
import os, signal, sys, time
told = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND)
for number in set(range(1, 65)) - {9, 19, 32, 33}:
    signal.signal(number, lambda number, _: os.write(told, b"signal %d\\n" % number))
os.write(told, b"ready\\n")
while True:
    time.sleep(1)
"""
A_FEW = """
metadata_skip_execution metadata_odd_cells shell_kernel_ends shell_run_cell libraries_check_replaced
libraries_frame_walk answers_solutions_read answers_oracles answers_language_of_lines values_forged_verdicts
values_odd_exceptions channels_garbage channels_forged_replies channels_inherited channels_descriptors_sent
channels_flags_changed lines_python lines_powers files_gradebook_written files_secret_read files_secret_by_handle
files_course_written files_home files_outside files_processes files_rights files_symbolic_links files_folder_is_a_link
files_notebook_is_a_pipe resources_forks resources_endless_loop resources_threads resources_disk resources_segfault
survivors_daemon survivors_clones network_tcp network_udp network_unix_sockets network_listening network_by_ring
neighbours_signals neighbours_tracing_others neighbours_shared_memory neighbours_inherited_objects
neighbours_inherited_memory neighbours_leaves_word neighbours_looks_for_word neighbours_parent_killed
neighbours_group_killed neighbours_priorities feedback_printed
""".split()
ONE_EACH = """
metadata_skip_execution shell_run_cell libraries_check_replaced answers_solutions_read values_forged_verdicts
channels_inherited lines_python files_symbolic_links files_secret_read resources_segfault survivors_daemon network_tcp
neighbours_signals feedback_in_metadata
""".split()


def named(names):
    chosen = [a for a in ATTACKS if f"{a.family}_{a.name}" in names]
    assert len(chosen) == len(names), set(names) - {f"{a.family}_{a.name}" for a in chosen}
    return chosen


def each(attacks):
    return pytest.mark.parametrize("attack", attacks, ids=lambda a: f"{a.family}_{a.name}")


# --- one class --------------------------------------------------------------------------------------------------------


def word(kind):
    return f"canary-{kind}-{secrets.token_hex(8)}"


def lay_out(folder):
    """A copy of the course, with its first chapter released."""
    ignored = shutil.ignore_patterns("release", "submitted", "*.db", "__pycache__")
    for name in ("course", "solutions"):
        shutil.copytree(hostile.COURSE.parent / name, folder / name, ignore=ignored)
    sample_class.nbgrader(folder / "course", "generate_assignment", CHAPTER)
    return folder / "course"


class Class:
    """A course with hostile and honest hand-ins, in a folder of its own, its surroundings, and what became of it all.

    user  who grades, by number, where it is not the one who runs the test
    """

    def __init__(self, stack, attacks, user=None):
        self.stack, self.user = stack, user
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="hostile-", ignore_cleanup_errors=True))
        self.folder = Path(folder)
        self.folder.chmod(0o755)
        self.course = lay_out(self.folder)
        stack.callback(self._clean)
        self._files()
        self._listeners()
        self._shared()
        self._victim()
        self.ground = hostile.Ground(
            course=self.course,
            home=self.folder / "home",
            outside=self.folder / "outside",
            neighbour=self.course / "submitted" / "honest-all-right" / CHAPTER / f"{SLUG}.ipynb",
            tcp=self.listeners["tcp"].getsockname()[1],
            udp=self.listeners["udp"].getsockname()[1],
            stream=self.folder / "stream",
            abstract=f"\0{self.folder.name}",
            victim=self.victim.pid,
            shared=self.key,
        )
        released = self.course / "release" / CHAPTER / f"{SLUG}.ipynb"
        for student, but in HONEST.items():
            self._honest(student, but, released)
        self.made = {a.student: a.lay_out(self.course / "submitted", released, self.ground) for a in attacks}
        self._owned(self.folder)
        self.before = self.tree()

    def _files(self):
        for name in ("home/.ssh", "outside", "tmp", "course/.autograder"):
            (self.folder / name).mkdir(parents=True)
        for name, kind in [
            ("course/.autograder/secret", "secret"),
            ("home/.ssh/id_ed25519", "home"),
            ("outside/read-me", "outside"),
            ("stdin", "stdin"),
        ]:
            (self.folder / name).write_text(word(kind) + "\n")
            (self.folder / name).chmod(0o600)
        with open(self.folder / "solutions" / f"{SLUG}.py", "a") as file:
            file.write(f"# {word('solutions')}\n")
        with contextlib.closing(sqlite3.connect(self.course / "gradebook.db")) as book, book:
            book.execute("INSERT INTO student (id, first_name) VALUES ('someone', ?)", [word("gradebook")])

    def _listeners(self):
        self.listeners = {}
        for name, family, kind, address in [
            ("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", 0)),
            ("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", 0)),
            ("stream", socket.AF_UNIX, socket.SOCK_STREAM, str(self.folder / "stream")),
            ("abstract", socket.AF_UNIX, socket.SOCK_STREAM, f"\0{self.folder.name}"),
        ]:
            door = self.listeners[name] = self.stack.enter_context(socket.socket(family, kind))
            door.bind(address)
            if kind == socket.SOCK_STREAM:
                door.listen()

    def _shared(self):
        """Memory that every process of this machine can attach, and a file in /dev/shm, under one key."""
        self.key, libc, text = secrets.randbelow(2**30) + 2**29, ctypes.CDLL(None), word("shared").encode()
        libc.shmat.restype = ctypes.c_void_p
        segment = libc.shmget(self.key, 64, 0o1666)
        self.stack.callback(libc.shmctl, segment, 0, None)
        here = ctypes.c_void_p(libc.shmat(segment, None, 0))
        ctypes.memmove(here, text, len(text))
        libc.shmdt(here)
        file = Path("/dev/shm", str(self.key))
        file.write_bytes(text)
        self.stack.callback(file.unlink, missing_ok=True)

    def _victim(self):
        self.told = self.folder / "told"
        self.told.touch()
        self._owned(self.told)
        self.victim = self.start(sys.executable, "-c", VICTIM, self.told, env={"WORD": word("victim")})
        self.stack.callback(self.victim.wait)
        self.stack.callback(self.victim.kill)
        end = time.monotonic() + 20
        while self.told.read_text() != "ready\n":
            assert time.monotonic() < end and self.victim.poll() is None
            time.sleep(0.05)

    def _honest(self, student, but, released):
        folder = self.course / "submitted" / student / CHAPTER
        folder.mkdir(parents=True)
        hand_in = hostile.HandIn(folder, self.ground, nbformat.read(released, as_version=4))
        hand_in.solve(but)
        hand_in.cell("one_sentence").source = word("neighbour") if not but else ""
        hand_in.write()

    def _owned(self, top):
        for path in [top, *top.rglob("*")] if self.user is not None else ():
            os.chown(path, self.user, self.user, follow_symlinks=False)

    def strays(self):
        """Where files of a hand-in lie that found a place outside."""
        places = [Path(place, f"of-a-hand-in-{self.key}") for place in ("/tmp", "/var/tmp", "/dev/shm", "/run")]
        return [path for path in places if path.exists()]

    def _clean(self):
        for path in self.strays():
            path.unlink()

    def start(self, *command, env=(), **options):
        """A process of the user who grades."""
        if self.user is not None:
            command = [*ordinary_user(self.user, self.folder), *command]
        env = {"HOME": str(self.folder / "home"), "TMPDIR": str(self.folder / "tmp"), **dict(env)}
        env |= {"PATH": os.environ["PATH"], "PYTHONPATH": str(self.folder), "MPLCONFIGDIR": str(self.folder)}
        return subprocess.Popen([*map(str, command)], cwd=self.course, env=env, start_new_session=True, **options)

    def run(self, *command):
        """Run a command to its end; keeps what it said and when, and who outlived it."""
        prctl, before, began = ctypes.CDLL(None).prctl, offspring(), time.monotonic()
        prctl(36, 1, 0, 0, 0)  # whoever loses his parent comes to us
        self.lines = []
        with open(self.folder / "stdin") as stdin:
            pipes = dict(stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
            with self.start(sys.executable, *command, env={"WORD": word("environment")}, **pipes) as process:
                for line in process.stdout:
                    self.lines.append((time.monotonic() - began, line.rstrip()))
                _, status, usage = os.wait4(process.pid, 0)
                self.status = process.returncode = os.waitstatus_to_exitcode(status)
        self.said, self.largest = "\n".join(line for _, line in self.lines), usage.ru_maxrss * 1024
        end = time.monotonic() + 5  # what was killed may need a moment
        while (left := offspring() - before) and time.monotonic() < end:
            time.sleep(0.1)
        self.survivors = [who(pid) for pid in sorted(left) if stat(pid)[0] != "Z"]
        for pid in left:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        prctl(36, 0, 0, 0, 0)

    def grade(self, *options):
        limits = [part for name, value in LIMITS.items() for part in ("--limit", f"{name}={value}")]
        verb = ["-m", "autograder.grading.cli", "grade", CHAPTER, "--course-dir", self.course, "--jobs", "2"]
        self.run(*verb, *limits, *options)
        assert self.status in (0, 1), self.said
        self.took = self._durations()
        return self

    @functools.cached_property
    def points(self):
        """Student -> exercise -> points in the gradebook."""
        return sample_class.points(self.course)

    @functools.cached_property
    def results(self):
        """Student -> the record of the judgement."""
        with contextlib.closing(sqlite3.connect(self.course / ".autograder" / "results.sqlite")) as rows:
            return {student: json.loads(r) for student, r in rows.execute("SELECT student, record FROM result")}

    @property
    def level(self):
        """The sandbox's, one for all."""
        (level,) = {record["level"] for record in self.results.values()}
        return level

    def returned(self, student):
        """All that comes back of one hand-in, as one text."""
        tops = [self.course / step / student for step in ("autograded", "feedback")]
        files = [path for top in tops for path in sorted(top.rglob("*")) if path.is_file()]
        return "\n".join(path.read_text("utf-8", "replace") for path in files) + json.dumps(self.results.get(student))

    def tree(self):
        """How everything stands that grading leaves alone: path -> mode, size, time, owner, links."""
        names = "course/source course/release course/submitted course/nbgrader_config.py course/.autograder/secret"
        tops = [self.folder / name for name in [*names.split(), "solutions", "home", "outside"]]
        paths = [path for top in tops for path in [top, *top.rglob("*")] if "__pycache__" not in path.parts]
        found = {str(path): path.lstat() for path in paths}
        folders = {path for path, about in found.items() if S_ISDIR(about.st_mode)}
        return {
            path: (
                about.st_mode,
                about.st_uid,
                *[about.st_size, about.st_mtime_ns, about.st_nlink] * (path not in folders),
            )
            for path, about in found.items()
        }

    def _durations(self):
        """Hand-in -> seconds by the clock: two workers take them in their order, each when it has done one."""
        rows = [(when, re.match(r" *\d+/\d+  (\S.*?)  ", line)) for when, line in self.lines]
        ended = {match[1]: when for when, match in rows if match}
        free = [0.0, 0.0, *sorted(ended.values())]
        return {name: ended[name] - began for name, began in zip(sorted(ended), free, strict=False)}


def stat(pid):
    """State and parent of a process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[:2]
    except OSError:
        return "Z", "0"


def who(pid):
    """A process in words."""
    with contextlib.suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        return f"{pid} {stat(pid)} {' '.join(words)[:200]}"


def offspring():
    me = str(os.getpid())
    return {int(p.name) for p in Path("/proc").glob("[0-9]*") if stat(p.name)[1] == me}


def ordinary_user(user, folder):
    """In front of a command: run it as `user`, who can enter the folder in which Python lies, and no more."""
    prefix = Path(sys.base_prefix)
    closed = next((p for p in reversed(prefix.parents) if not p.stat().st_mode & 0o001), None)
    script = 'exec setpriv --reuid="$0" --regid="$0" --clear-groups -- "$@"'
    if closed:  # for this command and its children alone
        here = folder / "python"
        here.mkdir(exist_ok=True)
        mounts = [f"mount --bind '{prefix}' '{here}'", f"mount -t tmpfs -o mode=755 none '{closed}'"]
        script = " && ".join([*mounts, f"mkdir -p '{prefix}'", f"mount --bind '{here}' '{prefix}'", script])
    return ["unshare", "--mount", "bash", "-c", script, str(user)]


# --- the runs ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def everything():
    with contextlib.ExitStack() as stack:
        yield Class(stack, ATTACKS).grade()


@pytest.fixture(scope="module")
def landlock():
    with contextlib.ExitStack() as stack:
        yield Class(stack, named(A_FEW)).grade("--sandbox", "landlock")


@pytest.fixture(scope="module", params=["full", "landlock"])
def ordinary(request):
    if os.getuid():
        pytest.skip("only root can also be somebody else; all runs here are an ordinary user's")
    with contextlib.ExitStack() as stack:
        yield Class(stack, named(A_FEW), NOBODY).grade("--sandbox", request.param)


@pytest.fixture(scope="module")
def by_nbgrader():
    with contextlib.ExitStack() as stack:
        one = Class(stack, named(ONE_EACH))
        with open(one.course / "nbgrader_config.py", "a") as config:
            config.write(f"c.Trusted.limits = {[f'{name}={value}' for name, value in LIMITS.items()]}\n")
        one.before = one.tree()
        one.run("-m", "nbgrader", "autograde", CHAPTER)
        yield one


def nothing_got_through(graded, attack):
    """One hand-in has the points that it should, a verdict for every test, and has come by nothing."""
    made, returned = graded.made[attack.student], graded.returned(attack.student)
    assert graded.points[attack.student] == dict.fromkeys(FULL, 0) | made.earns, attack.plant.__doc__
    verdicts = graded.results[attack.student]["verdicts"]
    assert set(verdicts) == {f"test_{name}" for name in FULL} and set(verdicts.values()) <= VERDICTS
    assert sorted(n for n, v in verdicts.items() if v == "right") == sorted(
        f"test_{n}" for n in (FULL if made.earns else ()) if n in made.earns
    )
    if not (attack.name == "existence" and graded.level == sandbox.LANDLOCK):  # as SECURITY.md says
        assert GOT not in returned, re.findall(rf"{GOT}\S+", returned)
    assert not re.findall(WORD, returned)
    if made.reports:
        assert re.search(r"tried [1-9]\d*", returned), "it has not even tried"
    assert "The grader itself failed" not in returned


def nothing_was_touched(graded):
    assert {s: p for s, p in graded.points.items() if s in HONEST} == {
        student: FULL | dict.fromkeys(but, 0) for student, but in HONEST.items()
    }
    assert set(graded.points) == {*graded.made, *HONEST}
    assert graded.tree() == graded.before
    assert graded.told.read_text() == "ready\n" and graded.victim.poll() is None
    assert [name for name, door in graded.listeners.items() if select.select([door], [], [], 0)[0]] == []
    assert graded.survivors == []
    assert sorted(p.name for p in (graded.folder / "tmp").iterdir() if not p.name.startswith("pymp-")) == []
    assert graded.strays() == []


@each(ATTACKS)
def test_an_attack(everything, attack):
    nothing_got_through(everything, attack)


def test_the_class_and_all_around_it(everything):
    assert everything.status == 1, everything.said  # some ask for a look
    nothing_was_touched(everything)


def test_there_are_attacks_of_every_family():
    families = "metadata shell libraries answers values channels lines files resources survivors network neighbours"
    assert set(families.split()) <= {a.family for a in ATTACKS} and len(ATTACKS) >= 60
    assert len({a.student for a in ATTACKS}) == len(ATTACKS)


def test_no_hand_in_takes_longer_than_it_may(everything):
    most = LIMITS["hand_in"] * LIMITS["wall"] + SLACK
    durations = everything.took
    assert set(durations) == set(everything.points)
    assert {name: round(seconds) for name, seconds in durations.items() if seconds > most} == {}


def test_the_grader_stays_small(everything):
    assert everything.largest < MEMORY


@each(named(A_FEW))
def test_an_attack_without_namespaces(landlock, attack):
    nothing_got_through(landlock, attack)


def test_the_class_without_namespaces(landlock):
    nothing_was_touched(landlock)
    assert landlock.level == sandbox.LANDLOCK


@each(named(A_FEW))
def test_an_attack_on_an_ordinary_user(ordinary, attack):
    nothing_got_through(ordinary, attack)


def test_the_class_of_an_ordinary_user(ordinary):
    nothing_was_touched(ordinary)


@each(named(ONE_EACH))
def test_an_attack_by_nbgrader(by_nbgrader, attack):
    nothing_got_through(by_nbgrader, attack)


def test_the_class_by_nbgrader(by_nbgrader):
    assert by_nbgrader.status == 0, by_nbgrader.said
    nothing_was_touched(by_nbgrader)


# --- what a browser makes of the feedback -----------------------------------------------------------------------------

# What of a page acts, asks or would be read as a formula; `planted` stands in every formula of a hand-in.
ACTIVE = r"""
() => {
  const found = [];
  for (const element of document.querySelectorAll("*"))
    for (const {name, value} of element.attributes)
      if (/^on/i.test(name) || /^\s*(javascript|vbscript|data:text)/i.test(value)) found.push(element.outerHTML);
  const acting = "iframe, object, embed, form, base, meta[http-equiv=refresh], #planted";
  for (const element of document.querySelectorAll(acting)) found.push(element.outerHTML);
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const {data, parentElement} = texts.currentNode;
    const plain = parentElement.closest("pre, code, script, style, .tex2jax_ignore") || !document.scripts.length;
    if (!plain && /planted/.test(data) && /\$|\\\(|\\\[|\\begin\{/.test(data)) found.push(data);
  }
  return found.map(text => text.slice(0, 200));
}
"""


@pytest.fixture(scope="module")
def feedback(everything):
    graded = everything.status, everything.said
    everything.run("-m", "nbgrader", "generate_feedback", CHAPTER, "--student=[fh][eo]*")  # feedback- and honest-
    assert everything.status == 0, everything.said
    everything.status, everything.said = graded
    return everything


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    browser = pytest.importorskip("browser", exc_type=ImportError)
    with browser.browser(tmp_path_factory.mktemp("home")) as chromium:
        yield chromium


def look(chromium, path):
    """What is active in a page, what of the hand-in has run, and what the page asks for."""
    page, asked, said = chromium.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (said.append(dialog.message), dialog.dismiss()))
    page.route(re.compile("^(?!file:)"), lambda route: route.abort())
    try:
        page.goto(path.as_uri())
        page.wait_for_load_state("networkidle")
        outside = {url for url in asked if not url.startswith("data:")} - {path.as_uri()}
        return page.evaluate(ACTIVE), page.evaluate("window.HACKED || null"), said, outside
    finally:
        page.close()


@each([a for a in ATTACKS if a.family == "feedback"])
def test_feedback_in_a_browser(feedback, chromium, attack):
    pages = [feedback.course / "feedback" / student / CHAPTER for student in (attack.student, "honest-all-right")]
    assert [path.name for path in pages[0].iterdir()] == [f"{SLUG}.html"]
    active, hacked, said, asked = look(chromium, pages[0] / f"{SLUG}.html")
    assert (active, hacked, said) == ([], None, [])
    assert asked == look(chromium, pages[1] / f"{SLUG}.html")[3], "only what the page of an honest hand-in asks for"


def test_the_report_in_a_browser(everything, chromium):
    everything.run("-m", "autograder.grading.cli", "report", CHAPTER, "--course-dir", everything.course, "--names")
    assert everything.status == 0, everything.said
    assert everything.largest < MEMORY
    page = everything.course / ".autograder" / "report" / f"{CHAPTER}.html"
    text = page.read_text("utf-8")
    assert not re.findall(WORD, text) and GOT not in text and "planted" in text
    assert look(chromium, page) == ([], None, [], set())


def test_what_a_browser_makes_of_it_is_seen(chromium, tmp_path):
    page = tmp_path / "page.html"
    text = hostile.PAGE.replace("refresh", "x")  # it would be gone before it is looked at
    page.write_text(f"<p>{text}{hostile.FORMULA}</p>".replace("TCP", "1"), "utf-8")
    active, hacked, said, asked = look(chromium, page)
    assert hacked == 1 and {url.rpartition("/")[2] for url in asked} >= {"script", "image", "style"}
    assert len(active) > 8 and any("href{javascript" in text for text in active)
