"""What test_browser.py needs: JupyterLab on the learner's workbook, a browser, and a notebook open in it."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time

import nbformat
import pytest

from conftest import CHECKOUT

playwright = pytest.importorskip("playwright.sync_api", reason="no Playwright: `pip install -e '.[test]'` brings it")
expect = playwright.expect

PATIENCE = 60  # seconds for any one condition: CI machines are slow and shared
GET_ONE = "no browser: `apt-get install chromium` (Debian) or `.venv/bin/playwright install chromium` brings one"
SETTINGS = {
    # Without windowing every cell is in the page, in the notebook's order.
    "@jupyterlab/notebook-extension:tracker": {"windowingMode": "none"},
}


def private(home):
    """An environment in which nothing of the machine's user settings counts, and in which all is written to `home`."""
    of_the_user = ("JUPYTER", "IPYTHON", "MPL", "XDG_", "PYTHONPATH")
    return {k: v for k, v in os.environ.items() if not k.startswith(of_the_user)} | {"HOME": str(home)}


@contextlib.contextmanager
def lab(folder):
    """JupyterLab in folder/workbook as `make lab` opens it; gives what the server says: {url, token, root_dir, ...}."""
    home, workbook = folder / "home", folder / "workbook"
    config, runtime = home / "config", home / "runtime"
    (config / "labconfig").mkdir(parents=True, exist_ok=True)
    (config / "labconfig" / "default_setting_overrides.json").write_text(json.dumps(SETTINGS))
    settled = private(home) | {"JUPYTER_CONFIG_DIR": str(config), "JUPYTER_RUNTIME_DIR": str(runtime)}
    verb = [sys.executable, "-m", "autograder.grading.cli", "lab", "--to", str(workbook), "--"]
    options = ["--no-browser", "--ServerApp.port=0"]
    with open(folder / "lab.log", "w") as log:
        server = subprocess.Popen([*verb, *options], cwd=CHECKOUT, env=settled, stdout=log, stderr=log)
    with listening(server, runtime, folder / "lab.log") as told:
        yield told


@contextlib.contextmanager
def listening(server, runtime, log):
    """What a server that was started says of itself once it listens; it is stopped at the end."""
    try:
        yield _told(server, runtime / f"jpserver-{server.pid}.json", log)
    finally:
        server.terminate()  # its kernels go with it
        try:
            server.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _told(server, file, log):
    """What the server writes about itself once it listens."""
    deadline = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):  # not there, or half written
            return json.loads(file.read_text())
        time.sleep(0.05)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-2000:]}")


@contextlib.contextmanager
def browser(home):
    """Headless Chromium, the system's or else Playwright's own; skips the test where there is neither."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    with playwright.sync_playwright() as driver:
        try:
            chromium = driver.chromium.launch(executable_path=path, env=private(home))
        except playwright.Error as problem:
            if "Executable doesn't exist" not in problem.message:
                raise
            pytest.skip(GET_ONE)
        try:
            yield chromium
        finally:
            chromium.close()


class Notebook:
    """A notebook open in JupyterLab; a cell is named by its grade_id, or by its id where it has none."""

    def __init__(self, page, server, path):
        """Open the notebook `path` (in the workbook) in the page, and wait for its cells and its kernel."""
        self.page = page
        self.cells = {
            cell.metadata.get("nbgrader", {}).get("grade_id", cell.id): cell
            for cell in nbformat.read(f"{server['root_dir']}/{path}", as_version=4).cells
        }
        self.all = page.locator(".jp-Notebook .jp-Cell")
        page.set_default_timeout(PATIENCE * 1000)
        expect.set_options(timeout=PATIENCE * 1000)
        page.goto(f"{server['url']}lab/tree/{path}?token={server['token']}&reset")  # reset: no notebook of another page
        expect(self.all).to_have_count(len(self.cells))
        # The status bar, not the toolbar: that one says idle before there is a kernel, and what is run then is lost.
        expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")

    def cell(self, name):
        return self.all.nth(list(self.cells).index(name))

    def panel(self, name):
        return self.cell(f"test_{name}").get_by_role("status")

    def menu(self, *items):
        for item in items:
            # By its words: an entry is a menuitem, a menuitemcheckbox, or (with a submenu) of no role.
            labels = self.page.locator(".lm-MenuBar-itemLabel, .lm-Menu-itemLabel")
            labels.filter(has_text=re.compile(f"^{item}$")).click()

    def run_all(self):
        """Run > Run All Cells; returns when the last code cell has run, or patience is at its end."""
        self.menu("Run", "Run All Cells")
        last = self.page.locator(".jp-Notebook .jp-CodeCell").last
        number = last.locator(".jp-InputPrompt").filter(has_text=re.compile(r"\d"))  # none where it is folded
        with contextlib.suppress(AssertionError):  # what has no number then says more than "the last one has none"
            expect(number.or_(last.locator(".jp-OutputArea-output")).first).to_be_attached()
        self.page.wait_for_function("[...document.images].every(picture => picture.complete)")

    def run(self, name):
        """Run a cell as it is; returns when it has a new number (at once where its input is hidden: it has none)."""
        cell, prompt = self.cell(name), self.cell(name).locator(".jp-InputArea-prompt")
        before = re.escape(prompt.inner_text()) if prompt.count() else None
        cell.click(position={"x": 2, "y": 2})  # the margin: there always is one
        self.page.keyboard.press("Control+Enter")
        if before:
            expect(prompt).to_have_text(re.compile(rf"^(?!{before})\[\d+\]:$"))

    def fill(self, name, source):
        """Put `source` in the place of a cell's text, with the keyboard, and run it."""
        self.cell(name).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source)
        self.run(name)

    def answer(self, name, source):
        """Answer an exercise and run its check; gives the panel."""
        self.fill(name, source)
        self.run(f"test_{name}")
        return self.panel(name)
