"""An instructor's day in JupyterLab with nbgrader's own extensions, and a student's in another: on one machine.

Release, fetch, work, validate, submit, collect, autograde, grade by hand, feedback back and read.  Screenshots as in
test_browser.py, numbered in the day's order.
"""

import contextlib
import itertools
import json
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from browser import PATIENCE, SETTINGS, Notebook, browser, expect, listening, private
from course_under_test import COURSE, REPOSITORY

pytest.importorskip("pwd", reason="nbgrader's exchange is not for Windows")

ASSIGNMENT, NOTEBOOK = "01-neurons", "neurons"
PICTURES = Path(__file__).parent / "screenshots"
SENTENCE = "It measures every weight's slope and steps a little against it, so that the loss falls."
CALM = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}
EXCHANGE = "\nc.CourseDirectory.course_id = 'bp'\nc.Exchange.root = {!r}\n"


@contextlib.contextmanager
def jupyterlab(folder, home):
    """JupyterLab as nbgrader's users start it: in `folder`, with the nbgrader_config.py that lies there."""
    (home / "config" / "labconfig").mkdir(parents=True)
    settings = home / "config" / "labconfig" / "default_setting_overrides.json"
    settings.write_text(json.dumps(SETTINGS | CALM))
    own = {"JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_RUNTIME_DIR": str(home / "runtime")}
    environment = private(home) | own
    environment["PATH"] = f"{sysconfig.get_path('scripts')}:{environment['PATH']}"
    options = ["--no-browser", "--allow-root", "--ServerApp.port=0"]
    with open(home / "lab.log", "w") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    with listening(server, home / "runtime", home / "lab.log") as told:
        yield told


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """Both people's browsers: {"instructor": (page, server), "student": (page, server)}."""
    root = tmp_path_factory.mktemp("day")
    (root / "exchange").mkdir(mode=0o777)
    (root / "exchange").chmod(0o777)
    made = shutil.ignore_patterns(
        "gradebook.db", "release", "submitted", "autograded", "feedback", ".autograder", "0[2-9]*"
    )
    shutil.copytree(COURSE, root / "course", ignore=made)
    shutil.copytree(REPOSITORY / "solutions", root / "solutions")
    config = EXCHANGE.format(str(root / "exchange"))
    with open(root / "course" / "nbgrader_config.py", "a") as file:
        file.write(config)
    (root / "student").mkdir()
    (root / "student" / "nbgrader_config.py").write_text("c = get_config()" + config)
    places = {"instructor": root / "course", "student": root / "student"}
    with contextlib.ExitStack() as stack:
        chromium = stack.enter_context(browser(root / "home"))
        expect.set_options(timeout=PATIENCE * 1000)
        people = {}
        for name, place in places.items():
            server = stack.enter_context(jupyterlab(place, root / f"home-{name}"))
            page = chromium.new_context(viewport={"width": 1400, "height": 1000}).new_page()
            page.set_default_timeout(PATIENCE * 1000)
            people[name] = page, server
        try:
            yield people
        finally:
            PICTURES.mkdir(exist_ok=True)
            for name, (page, _) in people.items():
                page.screenshot(path=PICTURES / f"last-{name}.png")


NUMBERS = itertools.count(1)


def seen(page, what):
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / f"day-{next(NUMBERS):02}-{what}.png")


def menu(day, name, entry):
    """Open an entry of JupyterLab's Nbgrader menu."""
    page, server = day[name]
    page.goto(f"{server['url']}lab?token={server['token']}&reset")  # reset: no tab of the step before
    labels = page.locator(".lm-MenuBar-itemLabel, .lm-Menu-itemLabel")
    labels.filter(has_text=re.compile("^Nbgrader$")).click()
    labels.filter(has_text=re.compile(f"^{entry}$")).click()
    return page


def formgrader(day):
    """Formgrader in its tab of the instructor's JupyterLab."""
    return menu(day, "instructor", "Formgrader").frame_locator("iframe").first


def press(day, icon, words):
    """Press one of Formgrader's buttons, read its log to the end, and close it."""
    page, _ = day["instructor"]
    frame = page.frame_locator("iframe").first
    frame.locator(f"tbody .glyphicon-{icon}").first.click()
    expect(frame.locator(".modal-body")).to_contain_text(words)
    frame.locator(".modal.in .modal-footer button", has_text=re.compile("OK|Close")).last.click()
    expect(frame.locator(".modal.in")).to_have_count(0)


# One day: each test goes on where the one before it stopped.


def test_the_assignment_is_made_and_released(day):
    formgrader(day)
    press(day, "education", f"Successfully created the student version of '{ASSIGNMENT}'")
    press(day, "cloud-upload", f"Successfully released '{ASSIGNMENT}'")
    seen(day["instructor"][0], "released")


def test_the_student_fetches_it(day):
    page = menu(day, "student", "Assignment List")
    page.get_by_role("button", name="Fetch").click()
    expect(page.get_by_role("button", name="Submit")).to_be_visible()
    seen(page, "fetched")
    text = Path(day["student"][1]["root_dir"], ASSIGNMENT, f"{NOTEBOOK}.ipynb").read_text("utf-8")
    assert "### BEGIN" not in text and "from solutions" not in text


def test_the_student_solves_one_exercise_and_writes_the_sentence(day):
    page, server = day["student"]
    chapter = Notebook(page, server, f"{ASSIGNMENT}/{NOTEBOOK}.ipynb")
    chapter.run("imports")
    expect(chapter.answer("mean_ink", "def mean_ink(picture):\n    return picture.mean()")).to_contain_text("right")
    chapter.cell("one_sentence").dblclick()
    chapter.fill("one_sentence", SENTENCE)
    expect(chapter.cell("one_sentence")).to_contain_text(SENTENCE)
    page.keyboard.press("ControlOrMeta+s")
    expect(page.locator("#jp-main-dock-panel .jp-mod-dirty")).to_have_count(0)
    seen(page, "worked")


def test_the_student_validates(day):
    page, _ = day["student"]
    page.get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("not attempted")
    seen(page, "validated")
    expect(dialog).not_to_contain_text("mean_ink")
    dialog.get_by_role("button", name="OK").click()


def test_the_student_submits(day):
    page = menu(day, "student", "Assignment List")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("#submitted_assignments_list")).to_contain_text(ASSIGNMENT)
    seen(page, "submitted")


def test_the_hand_in_is_collected_and_autograded_in_the_sandbox(day):
    frame = formgrader(day)
    press(day, "cloud-download", f"Successfully collected submissions of '{ASSIGNMENT}'")
    frame.locator("td.num-submissions a").click()
    press(day, "flash", f"Successfully autograded '{ASSIGNMENT}'")
    seen(day["instructor"][0], "autograded")
    root = Path(day["instructor"][1]["root_dir"])
    (graded,) = root.glob(f"autograded/*/{ASSIGNMENT}/{NOTEBOOK}.ipynb")
    assert "mean_ink: right" in graded.read_text("utf-8")
    assert (root / ".autograder" / "results.sqlite").exists()  # by our judge, not in nbgrader's own kernel


def test_the_sentence_is_graded_by_hand_beside_its_rubric(day):
    frame = formgrader(day)
    frame.get_by_role("link", name="Manual Grading").click()
    frame.get_by_role("link", name=ASSIGNMENT).click()
    frame.get_by_role("link", name=NOTEBOOK).click()
    frame.locator("tbody a").first.click()
    score = frame.locator("input#one_sentence")
    score.scroll_into_view_if_needed()
    expect(frame.get_by_text("Marked by hand: half for")).to_be_visible()
    expect(frame.get_by_text(SENTENCE)).to_be_visible()
    score.fill("2")
    frame.locator("textarea#one_sentence-comment").fill("Both points: what is done, and why.")
    frame.locator("textarea#one_sentence-comment").press("Tab")
    seen(day["instructor"][0], "by-hand")


def test_the_report_is_opened(day):
    page, server = day["instructor"]
    verb = [sys.executable, "-m", "autograder.grading.cli", "report", "--course-dir", ".", ASSIGNMENT]
    subprocess.run(verb, cwd=server["root_dir"], check=True, env=private(Path(server["root_dir"])))
    (report,) = Path(server["root_dir"], ".autograder", "report").rglob("*.html")
    reader = page.context.new_page()
    reader.goto(report.as_uri())
    expect(reader.locator("body")).to_contain_text("mean_ink")
    seen(reader, "report")
    reader.close()


def test_feedback_is_made_and_released(day):
    formgrader(day)
    press(day, "comment", f"Successfully generated feedback of '{ASSIGNMENT}'")
    press(day, "envelope", "Successfully released feedback")
    seen(day["instructor"][0], "feedback")


def test_the_student_reads_the_feedback(day):
    page = menu(day, "student", "Assignment List")
    page.get_by_role("button", name="Fetch Feedback").click()
    expect(page.get_by_text("view feedback")).to_be_visible()
    seen(page, "fetched-feedback")
    root = Path(day["student"][1]["root_dir"])
    (report,) = root.glob(f"{ASSIGNMENT}/feedback/*/{NOTEBOOK}.html")
    reader = page.context.new_page()
    reader.goto(report.as_uri())
    expect(reader.get_by_text("Both points: what is done, and why.")).to_be_visible()
    expect(reader.get_by_role("status").filter(has_text="mean_ink").first).to_contain_text("right")
    seen(reader, "read")
    assert "3.0 / 19.0" in reader.locator("body").inner_text()
    reader.close()
