"""The learner's JupyterLab as `make lab` opens it: start page, progress, what is hidden, panels for every reader.

Screenshots as in test_browser.py.
"""

import re
from pathlib import Path

import nbformat
import pytest
from browser import PATIENCE, Notebook, browser, expect, lab

from conftest import CHECKOUT

axe = pytest.importorskip(
    "axe_playwright_python.sync_playwright", reason="no axe: `pip install -e '.[test]'` brings it"
)

CHAPTER, START = "01-neurons/neurons.ipynb", "start.ipynb"
PICTURES = Path(__file__).parent / "screenshots"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}

CHECK = "import numpy as np\nfrom autograder.check import exercise\n\nwith exercise('kinds.{}') as check:\n    {}"
SLIP = (
    "lines = ['s == 1 / (1 + exp(-t))', 's / (1 - s) == exp(t)', 'log(s / (1 - s)) == -t']\n    check.slip(lines, "
    "lambda rng: (lambda t: dict(t=t, s=1 / (1 + np.exp(-t))))(rng.normal()), may_use='s t exp log')"
)
DERIVATION = (
    "check.derivation([('D(-(y * log(p) + (1 - y) * log(1 - p)), p)', 'D y p log'), ('', 'y p')], "
    "lambda rng: dict(y=1.0, p=rng.uniform(0.2, 0.8)))"
)
ORDER = (
    "check.order(['double = 2 * x', 'last = double + 1'], dict(x=np.array([1.0, 2.0])), "
    "dict(last=np.array([3.0, 5.0])))"
)
KINDS = {  # kind of panel -> (what the learner wrote, the check, the panel's first word)
    "right": ("right = lambda x: list(2 * x)", "check.value(np.ones(3), gives=2 * np.ones(3))", "right"),
    "wrong": ("wrong = lambda x: x / 3", "check.value(np.ones(3), gives=2 * np.ones(3))", "wrong"),
    "empty": ("empty = lambda x: None", "check.value(np.ones(3), gives=2 * np.ones(3))", "not attempted"),
    "choice": ("choice = 'b'", "check.choice('abc')", "noted"),
    "slip": ("slip = (2, 's / (1 - s) == 1 / exp(-t)')", SLIP, "wrong"),
    "mended": ("mended = (3, 'log(s / (1 - s)) == t')", SLIP, "right"),
    "derived": (
        "derived = ['D(-(y * log(p) + (1 - y) * log(1 - p)), p)', '-y / (1 - p)']",
        DERIVATION,
        "wrong",
    ),
    "order": ("order = 'ba'", ORDER, "wrong"),
}
HINT = "### Exercise\n\n<details><summary>Hint 1: where to look</summary>At the sign.</details>"
WIDGET = """\
import numpy as np
from course.figures import show_widget
from course.figures.backprop import boundary_trainer

X = np.random.default_rng(0).normal(size=(40, 2))
step, says = lambda w, rate: w + rate, lambda w, points: points[:, 0] * w
show_widget(boundary_trainer(X, X[:, 0] > 0, 1.0, step, says), "a boundary that moves")"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("classroom")


@pytest.fixture(scope="module")
def chromium(folder):
    with browser(folder / "home") as chromium:
        yield chromium


@pytest.fixture(scope="module")
def server(folder):
    with lab(folder) as server:
        yield server


@pytest.fixture
def page(chromium):
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    expect.set_options(timeout=PATIENCE * 1000)
    yield page
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "last-classroom.png")
    page.close()


@pytest.fixture(scope="module")
def kinds(chromium, server):
    """A notebook with every kind of panel, run; hints above, a widget below."""
    cells = [nbformat.v4.new_markdown_cell(HINT, id="hint")]
    for name, (answer, check, _) in KINDS.items():
        cells.append(nbformat.v4.new_code_cell(answer, id=name))
        source = CHECK.format(name, check)
        cells.append(nbformat.v4.new_code_cell(source, id=f"test_{name}", metadata={"tags": ["raises-exception"]}))
    cells.append(nbformat.v4.new_code_cell(WIDGET, id="widget"))
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), Path(server["root_dir"], "kinds.ipynb"))
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    kinds = Notebook(page, server, "kinds.ipynb")
    kinds.run_all()
    yield kinds
    page.close()


def serious(page, context, but=()):
    """What axe-core finds of the two worst sorts in a part of the page, except in what matches `but`."""
    where = {"include": [[context]], "exclude": [[one] for one in but]}
    found = axe.Axe().run(page, context=where).response["violations"]
    worst = [one for one in found if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {node['html'][:120]}" for one in worst for node in one["nodes"]]


# --- the start page and what is kept --------------------------------------------------------------------------------


def test_make_lab_opens_the_start_page(server, page):
    assert re.search(r"^lab:.*\n\t@\$\(BIN\)/autograder lab -- \$\(ARGS\)$", (CHECKOUT / "Makefile").read_text(), re.M)
    page.goto(f"{server['url']}?token={server['token']}")
    expect(page.locator(".jp-Notebook h1")).to_have_text(re.compile("^Backpropagation"))
    assert page.url == f"{server['url']}lab/tree/{START}"
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
    PICTURES.mkdir(exist_ok=True)
    page.screenshot(path=PICTURES / "start.png")
    assert not page.locator("#jp-main-dock-panel .jp-mod-dirty").count()  # nothing to save yet

    page.get_by_role("link", name="1 Neurons").first.press("Enter")
    expect(page.locator(".jp-Notebook h1", has_text="1 Neurons")).to_be_visible()


def test_a_learner_sees_notebooks_and_no_buttons_of_the_instructors(server, page):
    page.goto(f"{server['url']}lab/tree/{CHAPTER}?token={server['token']}&reset")
    expect(page.locator("#jp-main-statusbar")).to_contain_text("| Idle")
    listed = page.locator(".jp-DirListing-itemText")
    expect(listed.filter(has_text="neurons.ipynb")).to_be_visible()
    assert [name for name in listed.all_inner_texts() if not name.endswith(".ipynb")] == []
    beside = {path.name for path in Path(server["root_dir"], CHAPTER).parent.iterdir()}
    assert "fingerprints.json" in beside and any(name.startswith("waiting-") for name in beside)
    said = page.locator("#jp-top-panel, #jp-main-dock-panel .jp-Toolbar, .jp-SideBar").all_inner_texts()
    assert not re.search("nbgrader|formgrader|validate", " ".join(said), re.I)


def progress(chromium, server, run):
    """The words of the start page's row for chapter 1, freshly opened; `run`: after its cell was run."""
    page = chromium.new_page(viewport={"width": 1280, "height": 900})
    start = Notebook(page, server, START)
    row = start.cell("progress").get_by_role("row").filter(has_text="1 Neurons").first
    if run:
        start.run("progress")
    words = row.inner_text().split()[2:]
    page.close()
    return words


def test_a_check_is_kept_and_survives_a_restart(folder, chromium, server, page):
    total = int(progress(chromium, server, run=False)[2])
    chapter = Notebook(page, server, CHAPTER)
    chapter.answer("mean_ink", "def mean_ink(picture):\n    return picture.sum()")
    assert progress(chromium, server, run=True) == ["0", "1", str(total - 1)]
    chapter.answer("mean_ink", "def mean_ink(picture):\n    return picture.mean()")
    expect(chapter.panel("mean_ink")).to_contain_text("right")
    assert progress(chromium, server, run=True) == ["1", "0", str(total - 1)]

    with lab(folder) as second:  # its own process, its own kernels; the page is made anew from what is kept
        assert second["pid"] != server["pid"]
        assert progress(chromium, second, run=False) == ["1", "0", str(total - 1)]
    kept = [path.name for path in Path(server["root_dir"], ".progress").iterdir()]
    assert sorted(kept) == ["kinds.json", "neurons.json"] or kept == ["neurons.json"]


def test_the_progress_table_can_be_read_by_everyone(server, page):
    start = Notebook(page, server, START)
    start.run("progress")
    output = start.cell("progress").locator(".jp-OutputArea-output")
    summary = output.locator("summary").first
    summary.focus()
    page.keyboard.press("Enter")
    row = output.get_by_role("row").filter(has=page.get_by_role("rowheader", name="mean ink"))
    expect(row).to_contain_text(re.compile("passed|tried|not attempted"))
    assert serious(page, ".jp-OutputArea-output") == serious(page, ".jp-MarkdownOutput") == []
    start.cell("progress").screenshot(path=PICTURES / "progress.png")


# --- panels, hints, widgets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious_in_what_is_ours(theme, kinds):
    page = kinds.page
    kinds.menu("Settings", "Theme", THEMES[theme])
    expect(page.locator("body")).to_have_attribute("data-jp-theme-name", THEMES[theme])
    for name, (_, _, word) in KINDS.items():
        expect(kinds.panel(name)).to_contain_text(word)
        kinds.cell(f"test_{name}").screenshot(path=PICTURES / f"kind-{name}-{theme}.png")
    kinds.cell("widget").screenshot(path=PICTURES / f"fields-{theme}.png")
    # ipywidgets gives a slider's handle no name and no way to give it one: the field beside it has it
    assert serious(page, ".jp-OutputArea-output", but=[".widget-slider .noUi-handle"]) == []
    assert serious(page, ".jp-MarkdownOutput") == []


def test_panels_say_in_words_what_they_show(kinds):
    assert kinds.panel("mended").get_by_role("listitem").count() == 4
    marks = [mark.get_attribute("aria-label") for mark in kinds.panel("mended").get_by_role("img").all()]
    assert [mark for mark in marks if mark] == ["holds", "holds", "fails", "holds"]
    snapshot = kinds.panel("order").aria_snapshot()
    assert "text: wrong" in snapshot and 'img "fails"' in snapshot


def test_a_hint_and_a_check_are_reached_by_keyboard(kinds):
    page = kinds.page
    hint = kinds.cell("hint").locator("summary")
    hint.focus()
    page.keyboard.press("Enter")
    expect(kinds.cell("hint").locator("details")).to_have_attribute("open", "")
    kinds.run("test_slip")  # Control+Enter
    expect(kinds.panel("slip")).to_contain_text("wrong")


def test_at_200_percent_every_panel_can_be_read_to_its_end(chromium, server, kinds):
    context = chromium.new_context(viewport={"width": 640, "height": 450}, device_scale_factor=2)
    narrow = Notebook(context.new_page(), server, "kinds.ipynb")
    narrow.run_all()
    for name in KINDS:
        panel = narrow.panel(name)
        panel.scroll_into_view_if_needed()
        panel.screenshot(path=PICTURES / f"kind-{name}-200.png")
        assert panel.evaluate("panel => panel.scrollWidth - panel.clientWidth") <= 0, name
    expect(narrow.panel("derived").locator("mjx-container").first).not_to_be_visible()  # a formula cannot wrap
    expect(kinds.panel("derived").locator("mjx-container").first).to_be_visible()
    context.close()


def test_a_widget_has_a_named_field_keys_a_reset_and_rests_until_asked(kinds):
    page, cell = kinds.page, kinds.cell("widget")
    picture, field = cell.locator(".widget-html img"), cell.get_by_role("spinbutton", name="tens of steps")
    first = picture.get_attribute("alt")
    page.wait_for_timeout(1000)
    assert picture.get_attribute("alt") == first  # it never starts by itself
    field.focus()
    page.keyboard.press("ArrowUp")
    expect(picture).to_have_attribute("alt", re.compile(" 20 steps"))
    expect(cell.get_by_role("status")).to_contain_text(" 20 steps")
    train = cell.get_by_role("button", name="train")
    train.press("Enter")
    expect(picture).not_to_have_attribute("alt", re.compile(" 20 steps"))  # on a busy machine it skips pictures
    train.press("Enter")
    cell.get_by_role("button", name="Start over").press("Enter")
    expect(picture).to_have_attribute("alt", first)
    page.wait_for_timeout(1000)
    assert picture.get_attribute("alt") == first

    page.emulate_media(reduced_motion="reduce")
    expect(train).not_to_be_visible()
    expect(field).to_be_visible()
    page.emulate_media(reduced_motion="no-preference")
    expect(train).to_be_visible()
