"""One hand-in through the judge: what is believed, what it costs, what comes back.  Hostile ones: test_hostile.py."""

import dataclasses
import json
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.check.calling import MOST_CALLS
from autograder.grading import Refusal, grade, judge, sandbox, submission
from autograder.grading.children import CRASH, MEMORY, PROTOCOL, TIMEOUT, Child, Interrupted, Limits, Template
from autograder.grading.judge import UNREADABLE
from conftest import CHECKOUT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the sandbox is Linux's")

LIMITS = Limits(call=0.5, cell=0.5, hand_in=4, check=5, wall=4)
CHECK = """from autograder.check import exercise

with exercise("small.{name}") as check:
    check.value(3.0, gives=6.0)
    ### BEGIN HIDDEN TESTS
    x = check.rng.normal(size=4)
    check.value(x, gives=2 * x)
    ### END HIDDEN TESTS"""
CALLS_BACK = """from autograder.check import exercise

with exercise("small.c") as check:
    f = check.counted(lambda x: x + 1, most=5)
    check.value(f, 3.0, gives=8.0)
    check.count(f, exactly=1)"""


def marks(name, **kind):
    return {"nbgrader": {"grade_id": name, "schema_version": 3, "task": False, "grade": False} | kind}


def solution(name):
    return new_code_cell(
        f"def {name}(*args):\n    return None", id=name, metadata=marks(name, solution=True, locked=False)
    )


def check_cell(name, text):
    metadata = marks(f"test_{name}", solution=False, locked=True, grade=True, points=1)
    return new_code_cell(text, id=f"t-{name}", metadata=metadata)


SOURCE = new_notebook(
    cells=[
        new_code_cell("import numpy as np\ngiven = 2", id="given"),
        new_code_cell("raise SystemExit('shown')", id="show", metadata={"tags": ["show"]}),
        *(cell for name in "ab" for cell in (solution(name), check_cell(name, CHECK.format(name=name)))),
        *(solution("c"), check_cell("c", CALLS_BACK)),
        new_markdown_cell("your words", id="free", metadata=marks("free", solution=True, grade=True, points=2)),
        new_code_cell("given", id="last"),
    ],
    metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
)
SOURCE.cells[-2].metadata.nbgrader.locked = False
RIGHT = {
    "a": "def a(x):\n    return 2 * x",
    "b": "def b(x):\n    return x + x",
    "c": "def c(f, x):\n    return 2 * f(x)",
}


def hand_in(answers=None, before=None, change=None):
    """The bytes of a hand-in; before: name of a cell -> code the learner added above it."""
    cells = []
    for cell in nbformat.from_dict(SOURCE).cells:
        cell = nbformat.from_dict(json.loads(json.dumps(cell)))
        if (before or {}).get(cell.id):
            cells.append(new_code_cell(before[cell.id]))
        cell.source = (answers or {}).get(cell.id, cell.source)
        cells.append(cell)
    book = nbformat.from_dict({**SOURCE, "cells": cells})
    if change:
        change(book)
    return json.dumps(book).encode()


@pytest.fixture(scope="module", params=[sandbox.FULL, sandbox.LANDLOCK])
def judged(request):
    """A function of a hand-in's bytes: its Result."""
    if request.param == sandbox.FULL and "namespaces" in sandbox.missing():
        pytest.skip("this machine has no user namespaces")
    text = nbformat.writes(SOURCE)
    about = grade.Chapter("small", text, text, (), ("plots",), "/", "a secret", "", request.param, LIMITS)
    template = Template(about.known, about.figures, about.level, about.limits)
    one = judge.Judge(about, template, {})
    yield one.judge
    template.close()


def verdicts(result):
    return "".join(result.verdicts[f"test_{name}"][0] for name in "abc")


def outputs(result, name):
    return next(c["outputs"] for c in result.cells if c["id"] == name)


def said(result, name):
    return json.dumps(outputs(result, name))


def test_right_untouched_and_half(judged):
    assert verdicts(judged(hand_in(RIGHT))) == "rrr"
    assert verdicts(judged(hand_in())) == "nnn"
    assert verdicts(judged(hand_in(RIGHT | {"b": "def b(x):\n    return x"}))) == "rwr"
    assert verdicts(judged(hand_in(RIGHT | {"b": "def b(x)\n    return x"}))) == "rnr"  # a syntax error


def test_cells_of_the_learners_own_run_in_their_place_and_cells_that_show_do_not(judged):
    uses_k = RIGHT | {"b": "def b(x):\n    return k * x"}
    helped = judged(hand_in(uses_k, before={"b": "k = given\nprint('own')\nk + 1"}))
    assert verdicts(helped) == "rrr"
    (own,) = [c for c in helped.cells if c["metadata"].get("tags") == ["added"]]
    assert [o.get("text", o.get("data")) for o in own["outputs"]] == ["own\n", {"text/plain": "3"}]
    assert not outputs(helped, "show")
    late = judged(hand_in(uses_k, before={"c": "k = given"}))
    assert verdicts(late) == "rwr"


def test_magics_do_not_stop_a_cell(judged):
    assert verdicts(judged(hand_in(RIGHT, before={"a": "%matplotlib inline\n%time z = 1\n!ls\nz"}))) == "rrr"


def test_a_changed_given_cell_runs_after_the_one_it_was(judged):
    changed = hand_in(RIGHT | {"given": "import numpy as np\nk = given + 0", "b": "def b(x):\n    return k * x"})
    assert verdicts(judged(changed)) == "rrr"


def test_metadata_is_not_believed(judged):
    def change(book):
        for cell in book.cells:
            cell.metadata.tags = ["skip-execution", "show"]
            if "nbgrader" in cell.metadata:
                cell.metadata.nbgrader |= {"points": 100, "grade": False, "locked": False, "solution": True}
        book.cells[3].source = "pass"
        book.metadata.kernelspec.name = "bash"

    result = judged(hand_in(RIGHT, change=change))
    assert verdicts(result) == "rrr"
    tests = [c for c in result.cells if c["metadata"].get("nbgrader", {}).get("grade_id", "").startswith("test_")]
    assert [c["metadata"]["nbgrader"]["points"] for c in tests] == [1, 1, 1] and "pass" not in tests[0]["source"]
    assert all(c["metadata"].get("tags") in (None, ["show"]) for c in result.cells)


def test_of_two_cells_with_one_id_the_last_counts_and_a_deleted_one_is_a_stub(judged):
    def twice(book):
        book.cells.insert(3, nbformat.from_dict(json.loads(json.dumps(book.cells[2]))))
        book.cells[2].source = "def a(x):\n    return 0"

    assert verdicts(judged(hand_in(RIGHT, change=twice))) == "rrr"
    assert verdicts(judged(hand_in(RIGHT, change=lambda book: book.cells.pop(2)))) == "nrr"
    assert verdicts(judged(hand_in(RIGHT, change=lambda book: book.cells.pop(3)))) == "rrr"  # a deleted check


def test_a_notebook_without_ids_is_understood(judged):
    def change(book):
        for cell in book.cells:
            del cell["id"]

    assert verdicts(judged(hand_in(RIGHT, before={"b": "k = 1"}, change=change))) == "rrr"


@pytest.mark.parametrize(
    "body, verdict",
    [
        ("while True: pass", TIMEOUT),
        ("import time; time.sleep(100)", TIMEOUT),
        ("import ctypes; ctypes.string_at(0)", CRASH),
        ("import os; os._exit(0)", CRASH),
        ("bytearray(1 << 40)", MEMORY),
        ("os.closerange(3, 3000)", CRASH),
        ("os.closerange(3, 3000), __import__('time').sleep(100)", CRASH),
        ("[os.write(fd, b'\\0' * 99) for fd in map(int, range(3, 3000)) if can(os.fstat, fd)]", PROTOCOL),
    ],
)
def test_what_ends_a_child_costs_that_exercise(judged, body, verdict):
    helper = "import os\ndef can(f, *a):\n    try:\n        return f(*a)\n    except OSError:\n        return None\n"
    in_call = judged(hand_in(RIGHT | {"b": f"{helper}def b(x):\n    {body}"}))
    assert (verdicts(in_call)[0], in_call.verdicts["test_b"], verdicts(in_call)[2]) == ("r", verdict, "r")
    assert judge.SAID[verdict][:20] in said(in_call, "t-b")
    in_cell = judged(hand_in(RIGHT | {"b": helper + body}))
    assert (verdicts(in_cell)[0], in_cell.verdicts["test_b"], verdicts(in_cell)[2]) == ("r", verdict, "r")


def test_a_raised_exit_is_an_answer_like_another(judged):
    result = judged(hand_in(RIGHT | {"b": "def b(x):\n    raise SystemExit"}, before={"a": "raise SystemExit"}))
    assert verdicts(result) == "rwr" and "SystemExit" in said(result, "t-b")


def test_too_many_deaths_and_too_much_time_end_the_hand_in(judged):
    endless = dict.fromkeys("abc", "while True: pass")
    assert set(judged(hand_in(endless)).verdicts.values()) == {TIMEOUT}
    result = judged(hand_in(RIGHT, before={cell.id: "while True: pass" for cell in SOURCE.cells} | {}))
    assert result.seconds < 2 * LIMITS.hand_in


def test_callbacks_are_counted_here_and_a_runaway_is_stopped(judged):
    twice = judged(hand_in(RIGHT | {"c": "def c(f, x):\n    f(x)\n    return 2 * f(x)"}))
    assert verdicts(twice) == "rrw" and "exactly 1" in said(twice, "t-c")
    runaway = judged(hand_in(RIGHT | {"c": "def c(f, x):\n    while True:\n        f(x)"}))
    assert verdicts(runaway) == "rrw" and "more than 5 times" in said(runaway, "t-c")
    deaf = (
        "def c(f, x):\n    while True:\n        try:\n            f(x)\n        except BaseException:\n            pass"
    )
    assert judged(hand_in(RIGHT | {"c": deaf})).verdicts["test_c"] == PROTOCOL
    assert MOST_CALLS > 5


def test_what_cannot_cross_is_a_wrong_answer(judged):
    for answer in ("lambda x: x", "object()", "np.array([object()])", "{1, 2}", "__builtins__"):
        result = judged(hand_in(RIGHT | {"b": f"def b(x):\n    return {answer}"}))
        assert verdicts(result) == "rwr", answer
    assert verdicts(judged(hand_in(RIGHT | {"b": "b = object()"}))) == "rwr"


def test_unreadable_ones_say_what_is_wrong(judged):
    for data, words in [
        (b"", "empty"),
        (b"{", "JSON"),
        (b"\xff\xfe", "UTF-8"),
        (b"[1]", "format 4"),
        (b'{"cells": 3}', "format 4"),
        (b"[" * 2_000_000, "too many parts"),
        (b"[" * 900_000, "nested too deep"),
    ]:
        result = judged(data)
        assert set(result.verdicts.values()) == {UNREADABLE} and words in result.problem
        assert result.problem in said(result, "t-a").replace('\\"', '"') and len(result.verdicts) == 3


def test_free_text_is_shown_as_typed_and_runs_nowhere(judged):
    typed = "<script>alert(1)</script> ![x](http://example.org/x.png) $\\href{javascript:1}{x}$ & \u00e9\n\n</pre>"
    (cell,) = [c for c in judged(hand_in({"free": typed})).cells if c["id"] == "free"]
    assert not set("\\$![]()`{}") & set(cell["source"].replace("<pre", "").replace("</pre>", ""))
    assert cell["source"].count("<") == 2, "the one tag is ours"
    import html

    inside = cell["source"].removeprefix('<pre style="white-space: pre-wrap">').removesuffix("</pre>")
    assert html.unescape(inside) == typed
    (cell,) = [c for c in judged(hand_in()).cells if c["id"] == "free"]
    assert cell["source"] == "your words"


def test_what_has_not_changed_is_not_run_again(judged, monkeypatch):
    ran = []
    run, call = Child.run, Child.call
    monkeypatch.setattr(Child, "run", lambda self, *a: ran.append("cell") or run(self, *a))
    monkeypatch.setattr(Child, "call", lambda self, *a: ran.append("call") or call(self, *a))
    first = judged(hand_in(RIGHT))
    assert ran.count("cell") == 5 and ran.count("call") == 5
    ran.clear()
    again = judged(hand_in(RIGHT), previous=first)
    assert not ran and dataclasses.replace(again, seconds=0) == dataclasses.replace(first, seconds=0)
    other = judged(hand_in(RIGHT | {"c": "def c(f, x):\n    return 3 * f(x)"}), previous=first)
    assert ran.count("cell") == 5 and ran.count("call") == 1 and verdicts(other) == "rrw"


def test_an_array_where_a_word_is_wanted_breaks_the_protocol_and_no_more(judged):
    forged = """import numpy as np, sys
from autograder.grading import wire
honest = wire.pack
def pack(message):
    if isinstance(message, dict) and "outcome" in message:
        message = message | {"nonce": np.arange(3.0)}
    return honest(message)
wire.pack = pack
def b(x):
    return 2 * x"""
    result = judged(hand_in(RIGHT | {"b": forged}))
    assert result.verdicts["test_b"] == PROTOCOL and result.verdicts["test_a"] == "right"


def test_limits_are_named_or_refused():
    assert Limits.of(["call=2.5", "files=7"]) == Limits(call=2.5, files=7)
    for bad in ("call", "call=x", "speed=3", "of=3"):
        with pytest.raises(Refusal, match="sets no limit"):
            Limits.of([bad])


def test_reading_follows_no_link_and_opens_no_device(tmp_path):
    import os

    (tmp_path / "s" / "a").mkdir(parents=True)
    (tmp_path / "s" / "a" / "x").write_bytes(b"text")
    assert submission.read(tmp_path, "s", "a", "x") == b"text"
    (tmp_path / "t").symlink_to(tmp_path / "s")
    (tmp_path / "s" / "a" / "y").symlink_to("x")
    os.mkfifo(tmp_path / "s" / "a" / "z")
    (tmp_path / "s" / "a" / "d").mkdir()
    for names in (("t", "a", "x"), ("s", "a", "y"), ("s", "a", "z"), ("s", "a", "d"), ("s", "a", "none")):
        with pytest.raises(submission.Unreadable):
            submission.read(tmp_path, *names)
    with open(tmp_path / "s" / "a" / "big", "wb") as file:
        file.truncate(submission.MOST_BYTES + 1)
    with pytest.raises(submission.Unreadable, match="clear its outputs"):
        submission.read(tmp_path, "s", "a", "big")


def test_a_child_killed_from_outside_is_no_verdict(judged, monkeypatch):
    import os
    import signal

    run = Child.run

    def killed(self, *args):
        os.kill(self.number, signal.SIGKILL)
        return run(self, *args)

    with monkeypatch.context() as patch:
        patch.setattr(Child, "run", killed)
        with pytest.raises(Interrupted):
            judged(hand_in(RIGHT))
    assert verdicts(judged(hand_in(RIGHT))) == "rrr"


def test_every_probe_of_the_doctor_is_refused():
    from autograder.grading import doctor

    for level in [sandbox.FULL, sandbox.LANDLOCK][bool(sandbox.missing()) :]:
        assert all(doctor.probes(level, Limits(), str(CHECKOUT)).values())
    through = [probe for probe, how in doctor.probes(sandbox.NONE, Limits(), str(CHECKOUT)).items() if not how]
    assert set(doctor.PROBES) - set(through) == {"use the oracles of the checks"}, "without a sandbox they get through"


def test_no_module_that_answers_is_left_in_a_child(judged):
    looks = """import gc, sys
gc.unfreeze()
names = {f.__qualname__ for f in gc.get_objects() if hasattr(f, "__qualname__")}
modules = sorted(m for m in sys.modules if m.startswith(("solutions", "course", "autograder", "scipy", "torch")))
print("gradients" in names, "central" in names, modules)"""
    text = outputs_of_added(judged(hand_in(before={"a": looks})))
    assert text.startswith("False False") and "solutions" not in text and "known." not in text


def test_what_it_may_not_open_does_not_exist_and_what_it_writes_is_gone(judged):
    paths = ["/etc/passwd", "/proc", "/var/log", str(CHECKOUT / "solutions")]
    asks = f"import os\nprint([os.path.exists(p) for p in {paths}], end=' ')\n"
    writes = "print(os.listdir(), open('mine', 'w').write('x'), os.getcwd())"
    one, two = (outputs_of_added(judged(hand_in(before={"a": asks + writes}))) for _ in range(2))
    if "denied" in one:
        return  # level landlock: existence shows, and nothing is written
    assert one == two == "[False, False, False, False] [] 1 /own\n"


def outputs_of_added(result):
    (own,) = [c for c in result.cells if c["metadata"].get("tags") == ["added"]]
    return "".join(o.get("text", "") + o.get("evalue", "") for o in own["outputs"])
