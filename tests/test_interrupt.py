"""A learner who stops long work, by a real interrupt through a real kernel: nothing is broken, and little is said."""

import time

import pytest
from jupyter_client.manager import start_new_kernel

PAYOFF = """
import time
from autograder.check import exercise
from course.figures import payoff, plots, progress

def long_work():
    for _ in progress(range(3), "passes"):
        time.sleep(wait)
    return plots.xor_points()

ready = 1.0
with exercise("demo.ready") as check:
    check.number(1.0)
"""
DRAW = 'payoff("demo.ready", long_work, alt="Four points at the corners of a square")'
CHECK = """
np = "mine"
with exercise("demo.six") as check:
    import numpy as np
    check.value(np.ones(2), gives=[6.0, 6.0])
"""
WIDGET = """
from course.figures.widgets import drawn, ipywidgets, live

moves, rest = [], 0

def draw(value):
    moves.append(value)
    if rest:
        open("busy", "x").close()
        time.sleep(rest)
    axes = fig.axes[0]
    return axes.plot([0, value], [0, 1]), f"at {value}"

fig, _ = drawn(lambda axes: axes.set(xlim=(0, 9)))
slider = ipywidgets.IntSlider(2, min=0, max=9)
widget = live(fig, draw, [slider], "back")
rest = 60
print(slider.model_id)
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory):
    """A kernel: its manager, its client, its folder."""
    folder = tmp_path_factory.mktemp("kernel")
    manager, client = start_new_kernel(cwd=str(folder))
    yield manager, client, folder
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def interrupt_when_busy(kernel):
    """Interrupt as soon as the kernel has made the file `busy`, and take that away."""
    manager, _, folder = kernel
    deadline = time.monotonic() + 60
    while not (folder / "busy").exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    (folder / "busy").unlink()
    manager.interrupt_kernel()


def run(kernel, source, interrupt_at=None):
    """Run source; once `interrupt_at` was said (None: never) interrupt it.  Returns the reply and what was shown."""
    manager, client, _ = kernel
    said = []

    def hear(message):
        content = message["content"]
        said.append(
            content.get("text") or content.get("data", {}).get("text/plain") or "\n".join(content.get("traceback", []))
        )
        if interrupt_at and "".join(said).endswith(interrupt_at):
            manager.interrupt_kernel()

    reply = client.execute_interactive(source, timeout=60, output_hook=hear)["content"]
    return reply, "".join(said)


def test_a_payoff_that_is_stopped_says_so_in_two_lines_and_can_be_drawn_again(kernel):
    assert run(kernel, PAYOFF)[0]["status"] == "ok"
    reply, said = run(kernel, "wait = 60\n" + DRAW, interrupt_at="each: ")
    assert reply["status"] == "error"  # Run All goes no further
    assert said.splitlines() == [
        "3 passes, a dot for each: ",
        "You stopped this figure while it was drawn. Run its cell again to draw it.stopped",
    ]
    reply, said = run(kernel, "wait = 0\n" + DRAW)
    assert reply["status"] == "ok" and said.startswith("3 passes, a dot for each: ...\n[Four points at")


def test_a_check_that_is_stopped_gives_back_the_learners_names_and_runs_again(kernel):
    loop = "import time\n\ndef six(x):\n    open('busy', 'x').close()\n    time.sleep(60)\n"
    run(kernel, PAYOFF)
    _, client, _ = kernel
    client.execute(loop + CHECK)
    interrupt_when_busy(kernel)
    assert client.get_shell_msg(timeout=60)["content"]["ename"] == "KeyboardInterrupt"
    reply, said = run(kernel, "print(np, sum([1, 2]))")
    assert said == "mine 3\n"
    reply, said = run(kernel, "six = lambda x: 6 * x\n" + CHECK)
    assert reply["status"] == "ok" and "right" in said


def test_a_slider_that_is_stopped_moves_again(kernel):
    run(kernel, PAYOFF)
    _, model = run(kernel, WIDGET)
    _, client, _ = kernel
    moved = {"comm_id": model.strip(), "data": {"method": "update", "state": {"value": 5}, "buffer_paths": []}}
    client.shell_channel.send(client.session.msg("comm_msg", moved))
    interrupt_when_busy(kernel)
    after = "rest = 0\nslider.value = 7\nprint(moves, len(fig.axes[0].lines), widget.children[-1].value[-20:])"
    reply, said = run(kernel, after)
    assert reply["status"] == "ok" and said.startswith("[2, 5, 7] 0 ") and "at 7</p>" in said
