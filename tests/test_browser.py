"""The chapters in a real browser, as a learner has them: JupyterLab, headless Chromium; the first one by keyboard too.

Screenshots go to tests/screenshots/, for eyes: look at them after a change to panels, figures or widgets.
"""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from browser import Notebook, browser, expect, lab
from course_under_test import CHAPTERS

from solutions import mistakes

CHAPTER, *OTHERS = [f"{folder}/{path.name}" for folder, path in CHAPTERS.items()]
PICTURES = Path(__file__).parent / "screenshots"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}

TOTAL_INK = "def mean_ink(picture):\n    return picture.sum()"
MEAN_INK = "def mean_ink(picture):\n    return picture.mean()"
SIGMOID = "def sigmoid(z):\n    return 1 / (1 + np.exp(-z))"
SLIP = 'stopping = (2, "w_new == w - rate * w")'

SEEN = """cells => cells.map(cell => {
    const all = (what) => [...cell.querySelectorAll(what)];
    const words = (what) => all(what).map(node => node.innerText);
    return {
        number: words('.jp-InputPrompt').join(),
        outputs: all('.jp-OutputArea-output').length,
        output: words('.jp-OutputArea-output').join('\\n'),
        errors: words('[data-mime-type="application/vnd.jupyter.stderr"]'),
        panels: words('[role=status]'),
        edges: all('[role=status]').map(node => getComputedStyle(node).borderLeftColor),
        pictures: all('[data-mime-type="text/html"] img').map(({alt, src, naturalWidth}) => ({alt, src, naturalWidth})),
    };
})"""

# What of a panel is paler than WCAG allows: 4.5 to 1 for text, 3 to 1 for a mark that repeats the word beside it.
PALE = """panel => {
    const rgba = (colour) => { const c = colour.match(/[\\d.]+/g).map(Number); return c.length < 4 ? [...c, 1] : c; };
    const over = (top, below) => [0, 1, 2].map(i => top[3] * top[i] + (1 - top[3]) * below[i]);
    const behind = (node) => {
        if (!node) return [255, 255, 255];
        const own = rgba(getComputedStyle(node).backgroundColor);
        return own[3] === 1 ? own.slice(0, 3) : over(own, behind(node.parentElement));
    };
    const light = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => {
        const c = colour[i] / 255;
        return sum + weight * (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    }, 0.05);
    const texts = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT), pale = [];
    while (texts.nextNode()) {
        const node = texts.currentNode.parentElement, below = behind(node);
        const [a, b] = [light(over(rgba(getComputedStyle(node).color), below)), light(below)];
        const contrast = Math.max(a, b) / Math.min(a, b), least = node.closest('[aria-hidden=true]') ? 3 : 4.5;
        if (contrast < least) pale.push(`${texts.currentNode.data.trim()}: ${contrast.toFixed(2)}`);
    }
    return pale;
}"""


@pytest.fixture(scope="module")
def chapter(tmp_path_factory):
    """The chapter of an untouched workbook in the browser; everything the page asked for is in `chapter.asked`."""
    folder = tmp_path_factory.mktemp("browser")
    with browser(folder / "home") as chromium, lab(folder) as server:
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        asked = []
        page.on("request", lambda request: asked.append(request.url))
        try:
            chapter = Notebook(page, server, CHAPTER)
            chapter.server, chapter.asked = server, asked
            yield chapter
        finally:
            PICTURES.mkdir(exist_ok=True)
            page.screenshot(path=PICTURES / "last.png")  # where it stood, should a test have failed


@pytest.fixture(scope="module")
def untouched(chapter):
    """What is on screen after Run All in an untouched workbook: name of each cell -> what it shows."""
    return shown(chapter)


def shown(chapter):
    chapter.run_all()
    return dict(zip(chapter.cells, (SimpleNamespace(**seen) for seen in chapter.all.evaluate_all(SEEN)), strict=True))


def judged(chapter):
    """The names of the check cells."""
    marks = {name: cell.metadata.get("nbgrader", {}) for name, cell in chapter.cells.items()}
    return [name for name, mark in marks.items() if mark.get("grade") and not mark.get("solution")]


def colour(css):
    """Which part of a CSS colour is largest, as a word; "grey" where all are alike."""
    red, green, blue = map(float, re.findall(r"[\d.]+", css)[:3])
    if max(red, green, blue) - min(red, green, blue) < 30:
        return "grey"
    return max((red, "red"), (green, "green"), (blue, "blue"))[1]


def edge(panel):
    return colour(panel.evaluate("panel => getComputedStyle(panel).borderLeftColor"))


# --- an untouched chapter -------------------------------------------------------------------------------------------


def test_run_all_reaches_the_end(chapter, untouched):
    # A folded cell has no number, but an output (a workbook comes without); one that only defines has neither.
    ran = [name for name, seen in untouched.items() if re.search(r"\d", seen.number) or seen.outputs]
    code = {name: cell.metadata for name, cell in chapter.cells.items() if cell.cell_type == "code"}
    missing = [name for name in code if name not in ran]
    assert [name for name in missing if "tags" in code[name] or "jupyter" not in code[name]] == []


def test_every_untouched_check_says_so_in_grey(chapter, untouched):
    assert judged(chapter)
    for name in judged(chapter):
        (words,), (line,) = untouched[name].panels, untouched[name].edges
        assert "not attempted" in words and name.removeprefix("test_") in words
        assert "None" in words  # and not: there is no such function, for its cell was run
        assert colour(line) == "grey", line


@pytest.mark.parametrize("path", OTHERS)
def test_every_other_chapter_runs_untouched_to_its_end(chapter, path):
    page = chapter.page.context.browser.new_page(viewport={"width": 1280, "height": 900})
    other = Notebook(page, chapter.server, path)
    seen = shown(other)
    test_run_all_reaches_the_end(other, seen)
    test_no_stack_of_frames_is_on_screen(other, seen)
    for name in judged(other):
        (words,), (line,) = seen[name].panels, seen[name].edges
        assert "not attempted" in words and colour(line) == "grey", (name, words, line)
    page.screenshot(path=PICTURES / f"{Path(path).parent.name}.png")
    page.close()


def test_no_stack_of_frames_is_on_screen(chapter, untouched):
    """Only checks end in an error, and that is a few short lines."""
    assert [name for name, seen in untouched.items() if seen.errors] == judged(chapter)
    for seen in untouched.values():
        assert not re.search(r"Traceback|File |\.py\b|--->", seen.output), seen.output
        for error in seen.errors:
            assert len(error.splitlines()) <= 4 and max(map(len, error.splitlines())) <= 85


def test_payoffs_wait_and_say_for_what(chapter, untouched):
    payoffs = [n for n, c in chapter.cells.items() if re.search(r"^payoff\(", c.source, re.M)]
    assert payoffs
    for name in payoffs:
        (needs,) = re.findall(r"waits for (\w+(?: and \w+)*)\.", untouched[name].output)
        assert {f"test_{need}" for need in needs.split(" and ")} <= set(judged(chapter))
    shown = [picture for name in payoffs for picture in untouched[name].pictures]
    folder = Path(chapter.server["root_dir"], CHAPTER).parent
    assert len({picture["src"] for picture in shown}) == len(list(folder.glob("waiting-*.png"))) > 0
    assert all("waits for" in picture["alt"] for picture in shown)


def test_every_picture_is_drawn_and_has_alt_text(chapter, untouched):
    shown = [n for n, c in chapter.cells.items() if re.search(r"^(show|show_widget)\(", c.source, re.M)]
    assert shown
    assert [name for name in shown if not untouched[name].pictures] == []
    for picture in (picture for seen in untouched.values() for picture in seen.pictures):
        assert picture["naturalWidth"] and len(picture["alt"]) > 30, picture["alt"]


# --- a learner at work ----------------------------------------------------------------------------------------------


def test_a_wrong_answer_is_red_and_a_right_one_green(chapter, untouched):
    sentence = next(m.sentence for m in mistakes.of("neurons")["mean_ink"] if m.name == "total_instead_of_mean")

    panel = chapter.answer("mean_ink", TOTAL_INK)
    expect(panel).to_contain_text("wrong")
    expect(panel).to_contain_text(sentence)
    assert edge(panel) == "red"

    panel = chapter.answer("mean_ink", MEAN_INK)
    expect(panel).to_contain_text("right")
    expect(panel).not_to_contain_text(sentence)
    assert edge(panel) == "green"
    expect(chapter.cell("test_mean_ink").locator(".jp-OutputArea-output")).to_have_count(1)  # no error is left


def test_a_payoff_is_drawn_with_the_learners_function(chapter, untouched):
    assert "waits for sigmoid" in untouched["payoff-sigmoid"].output
    chapter.answer("sigmoid", SIGMOID)
    chapter.run("payoff-sigmoid")
    output = chapter.cell("payoff-sigmoid").locator(".jp-OutputArea-output")
    expect(output.get_by_role("img")).to_have_attribute("alt", re.compile("logistic function"))
    expect(output).not_to_contain_text("waits")


def test_a_slip_is_shown_line_by_line_and_typeset(chapter, untouched):
    panel = chapter.answer("stopping", SLIP)
    expect(panel).to_contain_text("wrong")
    assert edge(panel) == "red"
    expect(panel.locator("li mjx-container")).to_have_count(5)
    expect(panel).not_to_contain_text("$")


def test_a_slider_moves_the_picture_by_keyboard(chapter, untouched):
    cell = chapter.cell("neuron-sliders")
    picture, slider = cell.locator(".widget-html img"), cell.get_by_role("slider").first
    start, number = [picture.get_attribute(name) for name in ("src", "alt")], slider.get_attribute("aria-valuenow")

    slider.focus()
    chapter.page.keyboard.press("ArrowRight")
    moved = f"{float(number) + 0.1:.1f}"
    expect(slider).to_have_attribute("aria-valuenow", moved)
    expect(picture).not_to_have_attribute("src", start[0])
    expect(picture).to_have_attribute("alt", re.compile(f"w1 = {moved}"))

    cell.get_by_role("button", name="Back to the start").press("Enter")
    expect(slider).to_have_attribute("aria-valuenow", number)
    expect(picture).to_have_attribute("src", start[0])
    expect(picture).to_have_attribute("alt", start[1])


# --- looks ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("theme", THEMES)
def test_every_panel_can_be_read(theme, chapter, untouched):
    """In JupyterLab's two themes; leaves the screenshots."""
    page = chapter.page
    chapter.menu("Settings", "Theme", THEMES[theme])
    expect(page.locator("body")).to_have_attribute("data-jp-theme-name", THEMES[theme])
    chapter.answer("mean_ink", TOTAL_INK)
    chapter.answer("sigmoid", SIGMOID)
    chapter.answer("best_h", 'best_h = "b"')
    chapter.answer("stopping", SLIP)
    panels = {"red": "mean_ink", "grey": "neuron_output", "green": "sigmoid", "noted": "best_h", "slip": "stopping"}

    PICTURES.mkdir(exist_ok=True)
    for look, name in panels.items():
        chapter.cell(f"test_{name}").screenshot(path=PICTURES / f"{look}-{theme}.png")
    chapter.cell("payoff-v").screenshot(path=PICTURES / f"waiting-{theme}.png")
    chapter.cell("neuron-sliders").locator(".widget-vbox").screenshot(path=PICTURES / f"slider-{theme}.png")
    chapter.all.first.click()
    page.screenshot(path=PICTURES / f"top-{theme}.png")

    pale = {look: chapter.panel(name).evaluate(PALE) for look, name in panels.items()}
    assert pale == dict.fromkeys(panels, [])


def test_the_page_asks_nobody_else_for_anything(chapter, untouched):
    assert chapter.asked
    assert [url for url in chapter.asked if not url.startswith((chapter.server["url"], "data:", "blob:"))] == []
