"""Chapter 6's stepper in a real browser: by buttons, by keyboard, and with the engine's numbers on screen.

Its notebook has three cells, the reference's engine in the learner's place; screenshots as in test_browser.py.
"""

import inspect
import re
from pathlib import Path

import nbformat
import pytest
from browser import Notebook, browser, expect, lab

from course.figures import computation_graphs as figures
from solutions import computation_graphs as solutions

PICTURES = Path(__file__).parent / "screenshots"
KERNEL = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
GRAPH = "a = Node(1.5)\nb = a * a\nc = b * 3\nd = b + c\nnames = dict(a=a, b=b, c=c, d=d)"
IMPORTS = (
    "import numpy as np\n"
    "from course.figures import show, show_widget\n"
    "from course.figures.computation_graphs import draw, stepper\n"
    "from course.known.neurons import sigmoid\n"
    "from course.known.sigmoid_softmax import log_softmax\n"
)
ENGINE = IMPORTS + inspect.getsource(solutions.broadcast_back) + inspect.getsource(solutions.Node)
FOCUSED = "(({innerText, role, labels}) => innerText || role || labels[0].innerText)(document.activeElement)"
CELLS = {
    "engine": ENGINE,
    "picture": f'{GRAPH}\nshow(draw(d, names, step=5), alt="The small graph, stopped on its way back")',
    "stepper": 'show_widget(stepper(d, names), "The small graph, step by step")',
}


def engine():
    """The small graph of the browser's notebook, made and walked back here: the last node, all by name."""
    namespace = {"Node": solutions.Node}
    exec(GRAPH, namespace)
    namespace["d"].backward()
    return namespace["d"], namespace["names"]


LAST, NAMES = engine()
STEPS = figures.steps(LAST, NAMES)


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stepper")
    with browser(folder / "home") as chromium, lab(folder) as server:
        cells = [nbformat.v4.new_code_cell(source, id=name) for name, source in CELLS.items()]
        nbformat.write(
            nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), Path(server["root_dir"], "stepper.ipynb")
        )
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        PICTURES.mkdir(exist_ok=True)
        try:
            notebook = Notebook(page, server, "stepper.ipynb")
            notebook.run_all()
            yield notebook
        finally:
            page.screenshot(path=PICTURES / "last-stepper.png")


@pytest.fixture
def stepper(notebook):
    """The widget, at its first step."""
    cell = notebook.cell("stepper")
    cell.get_by_role("button", name="first").click()
    stands(cell, 0)
    return cell


def stands(cell, step):
    """The widget shows the step: in its picture's alt text, in words below it, on the slider."""
    expect(cell.locator(".widget-html img")).to_have_attribute("alt", STEPS[step])
    expect(cell.locator(".widget-html p")).to_have_text(STEPS[step])
    expect(cell.get_by_role("slider")).to_have_attribute("aria-valuenow", re.compile(rf"^{step}(\.0)?$"))


def source(cell):
    return cell.locator(".widget-html img").get_attribute("src")


def test_buttons_step_and_step_back(stepper):
    pictures = [source(stepper)]
    for step in range(1, len(STEPS)):
        stepper.get_by_role("button", name="step").click()
        stands(stepper, step)
        pictures.append(source(stepper))
    assert len(set(pictures)) == len(STEPS)
    for step in range(len(STEPS) - 2, -1, -1):
        stepper.get_by_role("button", name="back").click()
        stands(stepper, step)
        assert source(stepper) == pictures[step]
    stepper.get_by_role("button", name="last").click()
    stands(stepper, len(STEPS) - 1)


def test_arrow_keys_step_and_step_back(stepper, notebook):
    stepper.get_by_role("slider").focus()
    for keys, step in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowUp", 3), ("ArrowLeft", 2), ("ArrowDown", 1)):
        notebook.page.keyboard.press(keys)
        stands(stepper, step)
    notebook.page.keyboard.press("End")
    stands(stepper, len(STEPS) - 1)
    notebook.page.keyboard.press("Home")
    stands(stepper, 0)


def test_everything_is_reached_by_tab_and_pressed_by_enter_and_space(stepper, notebook):
    stepper.get_by_role("button", name="first").focus()
    stops = []
    for _ in range(6):
        stops.append(notebook.page.evaluate(FOCUSED))
        notebook.page.keyboard.press("Tab")
    assert [stop.strip() for stop in stops] == ["first", "back", "step", "last", "step", "slider"]
    stepper.get_by_role("button", name="step").press("Enter")
    stands(stepper, 1)
    stepper.get_by_role("button", name="step").press("Space")
    stands(stepper, 2)


def test_the_values_on_screen_are_the_engines(stepper):
    """Read from the words on screen alone: values going forward, totals coming back."""
    said = ""
    for step in range(1, len(STEPS)):
        stepper.get_by_role("button", name="step").click()
        stands(stepper, step)
        said += stepper.locator(".widget-html p").inner_text() + "\n"
    for name in "bcd":
        assert float(re.search(rf"forward: {name} = .* = ([\d.]+)\.$", said, re.M)[1]) == NAMES[name].value
    for name in "abc":
        assert float(re.search(rf"\bd{name} = ([\d.]+), complete", said)[1]) == NAMES[name].grad
    assert [float(NAMES[name].grad) for name in "abcd"] == [12, 4, 1, 1]


def test_all_steps_are_listed_as_text(stepper):
    """A plain list, which a screen reader reads; it stays open while the stepper moves."""
    stepper.get_by_text("All steps as text").click()
    lines = stepper.get_by_role("listitem")
    expect(lines).to_have_text(STEPS)
    stepper.get_by_role("button", name="step").click()
    stands(stepper, 1)
    expect(lines.first).to_be_visible()
    stepper.get_by_text("All steps as text").click()
    expect(lines.first).not_to_be_visible()


def test_a_static_picture_stands_above(notebook):
    picture = notebook.cell("picture").get_by_role("img", name="The small graph, stopped on its way back")
    assert picture.evaluate("picture => picture.naturalWidth") == 1024


@pytest.mark.parametrize("theme", THEMES)
def test_looks(theme, stepper, notebook):
    """Leaves the screenshots."""
    notebook.menu("Settings", "Theme", THEMES[theme])
    expect(notebook.page.locator("body")).to_have_attribute("data-jp-theme-name", THEMES[theme])
    for _ in range(5):
        stepper.get_by_role("button", name="step").click()
    stands(stepper, 5)
    stepper.locator(".widget-vbox").screenshot(path=PICTURES / f"stepper-{theme}.png")
    box = stepper.locator(".widget-html img").bounding_box()
    assert box["width"] > 400 and box["x"] + box["width"] <= 1280
