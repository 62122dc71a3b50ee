"""`autograder site`: a reader finds everything, on any machine, and nobody finds an answer."""

import html
import importlib
import re
import subprocess
import sys
from html.parser import HTMLParser
from urllib.parse import unquote, urlsplit

import pytest
from answers import answers, squeezed
from course_under_test import CHAPTERS, COURSE, reference

from autograder.grading import notebook

for needed in ("furo", "myst_nb", "ziamath"):
    pytest.importorskip(needed, reason="no Sphinx: `pip install -e '.[site]'` brings it")

SOURCES = {folder: notebook.read(path) for folder, path in CHAPTERS.items()}
PAGES = [*SOURCES, "index", "notation", "formulas", "mistakes", "search"]


class Page(HTMLParser):
    """What a page holds: ids, links, loads (what a browser fetches unasked), pictures, headings, its words."""

    def __init__(self, path):
        super().__init__()
        self.path, self.tags, self.words = path, [], []
        self.feed(path.read_text("utf-8"))
        self.ids = [attrs["id"] for _, attrs in self.tags if "id" in attrs]
        self.links = [attrs["href"] for tag, attrs in self.tags if tag == "a" and "href" in attrs]
        self.pictures = [attrs for tag, attrs in self.tags if tag == "img"]
        self.loads = [
            attrs.get("src") or attrs.get("href") for tag, attrs in self.tags if tag not in ("a", "img", "use", "svg")
        ]
        self.headings = [int(tag[1]) for tag, _ in self.tags if re.fullmatch("h[1-6]", tag)]
        self.text = "".join(self.words)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.words.append(data)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder of the whole site, built once by the command; it has nothing to complain of."""
    folder = tmp_path_factory.mktemp("site") / "site"
    verb = [sys.executable, "-m", "autograder.grading.cli", "site", "--course-dir", str(COURSE), "--to", str(folder)]
    said = subprocess.run(verb, cwd=folder.parent, capture_output=True, text=True)
    assert (said.returncode, said.stderr) == (0, "")
    return folder


@pytest.fixture(scope="module")
def pages(built):
    return {path.stem: Page(path) for path in sorted(built.glob("*.html"))}


def test_the_chapters_come_in_order_with_the_pages_beside_them(pages):
    assert set(pages) == set(PAGES)
    listed = [link for link in pages["index"].links if link.endswith(".html") and "/" not in link]
    assert list(dict.fromkeys(listed)) == [f"{name}.html" for name in PAGES[:-1] if name != "index"]


def test_every_link_leads_to_a_page_and_a_place_in_it(built, pages):
    dead = []
    for page in pages.values():
        for link in filter(None, page.links + page.loads):
            url = urlsplit(link)
            if url.scheme in ("https", "data"):
                continue
            target = (page.path.parent / unquote(url.path)).resolve() if url.path else page.path
            place = unquote(url.fragment)
            if not (target.is_file() and (not place or place in pages[target.stem].ids)):
                dead.append((page.path.name, link))
    assert dead == []


def test_nothing_is_fetched_from_elsewhere(built, pages):
    loads = [load for page in pages.values() for load in page.loads + [p["src"] for p in page.pictures] if load]
    assert [load for load in loads if urlsplit(load).scheme not in ("", "data") or load.startswith("//")] == []
    styles = "".join(path.read_text("utf-8") for path in built.rglob("*.css"))
    assert re.findall(r"""(?:url\(|@import)\s*["']?(?:https?:)?//""", styles) == []


def test_every_stored_picture_is_there_and_says_what_it_shows(pages):
    for folder, source in SOURCES.items():
        given = [cell for cell in source.cells if "nbgrader" not in cell.metadata]
        given = [cell for cell in given if "answers" not in cell.metadata.get("tags", ())]
        stored = sum(str(cell.get("outputs", "")).count("<img ") for cell in given)
        shown = [p for p in pages[folder].pictures if p["src"].startswith("data:image/png")]
        assert stored == len(shown) > 0
    for page in pages.values():
        assert all(picture.get("alt", "").strip() for picture in page.pictures)


def test_headings_do_not_jump(pages):
    for name, page in pages.items():
        if name != "search":  # the theme's own
            assert page.headings[0] == 1 and page.headings.count(1) == 1
        assert [b for a, b in zip(page.headings, page.headings[1:], strict=False) if b > a + 1] == []


def test_a_widget_is_a_picture_and_a_sentence(pages):
    for folder, source in SOURCES.items():
        outputs = [output for cell in source.cells for output in cell.get("outputs", [])]
        widgets = sum("application/vnd.jupyter.widget-view+json" in output.get("data", {}) for output in outputs)
        assert pages[folder].text.count("Moves in the notebook: ") == widgets
        assert not re.search("model not found|widget-view|application/vnd", pages[folder].path.read_text("utf-8"))


# --- no answer anywhere ----------------------------------------------------------------------------------------------


def test_no_line_of_a_solution_or_a_hidden_test_is_in_any_file(built, pages):
    texts = {path.name: squeezed(path.read_text("utf-8")) for path in built.rglob("*.js")}
    texts |= {page.path.name: squeezed(page.text) for page in pages.values()}
    for page in pages.values():  # what stands in attributes
        words = [value for _, attrs in page.tags for value in attrs.values() if value and not value.startswith("data:")]
        texts[f"{page.path.name}, attributes"] = squeezed("\n".join(words))
    looked_for = answers()
    assert len(looked_for) > 40 * len(SOURCES)
    assert [(name, answer) for name, text in texts.items() for answer in looked_for if answer in text] == []


def test_nothing_of_the_notebooks_but_their_pages_is_in_the_folder(built):
    kinds = {path.suffix for path in built.rglob("*") if path.is_file()}
    assert kinds <= {".html", ".css", ".js", ".map", ".png", ".svg", ".woff", ".inv", ".txt", ""}
    assert not any(built.glob("_sources/*")) and not any("solutions" in path.name for path in built.rglob("*"))


def test_no_check_shows_its_panel(pages):
    """A panel of a slip or a derivation repeats the answer."""
    assert [page.path.name for page in pages.values() for _, attrs in page.tags if attrs.get("role") == "status"] == []


# --- the pages more --------------------------------------------------------------------------------------------------


def known_mistakes():
    of = importlib.import_module("solutions.mistakes").of
    return [mistake for path in CHAPTERS.values() for mistakes in of(path.stem).values() for mistake in mistakes]


def test_the_catalogue_holds_every_mistake_and_counts_them(pages):
    page = pages["mistakes"]
    text = squeezed(page.text)
    assert f"{len(known_mistakes())} ways to get backprop wrong" in page.text
    assert [m.name for m in known_mistakes() if squeezed(m.sentence.replace("`", "")) not in text] == []
    assert [m.name for m in known_mistakes() if f"({m.source})" not in page.text] == []


def test_the_catalogue_says_what_was_measured(pages):
    entry = r"Halved away \(common\)\s+Every slope is twice too large: the two places are two steps apart.\s+(.+)"
    found = re.search(entry, pages["mistakes"].text)
    assert found.group(1) == "numerical_gradient(f, w, 0.1). Worst entry, at [0]: yours 12, expected 6."
    numbers = len(
        re.findall(r"expected|finite differences|is not it|left side|line \d is|both sides", pages["mistakes"].text)
    )
    assert numbers > 0.85 * len(known_mistakes())


def test_the_catalogue_gives_no_number_away(pages):
    """Not the answer, rounded or not, nor with its sign turned: "the size is right" says enough."""
    sections = re.split(r"<h3>", pages["mistakes"].path.read_text("utf-8"))
    looked_at = 0
    for path in CHAPTERS.values():
        for exercise in notebook.exercises(notebook.read(path)):
            truth = reference(path.stem, exercise.identifier)
            mine = [s for s in sections if f'#{path.stem}-{exercise.identifier}"'.replace("_", "-").lower() in s]
            if not isinstance(truth, int | float) or not mine:
                continue
            looked_at += 1
            text = html.unescape(re.sub("<[^>]+>", " ", mine[0]))
            given = re.findall(r"Yours is (-?[\d.]+(?:e-?\d+)?);", text)
            assert [g for g in given if abs(abs(float(g)) / abs(truth) - 1) <= 0.1] == []
    assert looked_at >= 4


def test_every_closing_table_is_in_the_index_of_formulas(pages):
    text, tables = squeezed(pages["formulas"].text), 0
    for source in SOURCES.values():
        for cell in source.cells:
            heading, _, table = cell.source.partition("Formulas beside their shapes")
            if cell.cell_type == "markdown" and table:
                tables += 1
                shapes = [row.split(" | ")[-1].strip(" |`") for row in re.findall(r"^\|.+\|$", table, re.M)[2:]]
                assert (
                    len(shapes) > 3
                    and [s for s in shapes if "$" not in s and squeezed(s.replace("`", "")) not in text] == []
                )
    assert tables == sum("beside their shapes" in str(s) for s in SOURCES.values()) > 0
    assert pages["formulas"].text.count("shapes") >= tables


def test_notation_loses_no_cell(pages):
    rows = re.findall(r"<tr.*?</tr>", pages["notation"].path.read_text("utf-8"), re.S)
    assert len(rows) > 15 and all(re.sub("<[^>]+>", "", cell).strip() for row in rows for cell in row.split("<td>")[1:])


# --- in a browser ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(built):
    """The address of the site under Python's own plain file server."""
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(built)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        yield re.search(r"http://[^/]+/", server.stdout.readline()).group()
    finally:
        server.terminate()
        server.wait()
        server.stdout.close()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    from browser import browser

    with browser(tmp_path_factory.mktemp("home")) as chromium:
        yield chromium


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_is_missing(site, chromium, scheme):
    axe = pytest.importorskip(
        "axe_playwright_python.sync_playwright", reason="no axe: `pip install -e '.[test]'`"
    ).Axe()
    context = chromium.new_context(color_scheme=scheme)
    page, trouble, found = context.new_page(), [], []
    page.on("request", lambda request: request.url.startswith((site, "data:")) or trouble.append(request.url))
    page.on("response", lambda response: response.status < 400 or trouble.append(response.url))
    page.on("console", lambda message: message.type == "error" and trouble.append(message.text))
    for name in PAGES:
        page.goto(f"{site}{name}.html")
        for violation in axe.run(page).response["violations"]:
            if violation["impact"] in ("serious", "critical"):
                found.append((name, violation["id"], [node["html"][:200] for node in violation["nodes"]][:3]))
    context.close()
    assert (found, trouble) == ([], [])


@pytest.mark.parametrize("width", [400, 640])
def test_no_page_is_wider_than_a_narrow_window(site, chromium, width):
    """640: a window of 1280 at 200 % zoom. What is too wide scrolls in its own box, and the keyboard can scroll it."""
    cut_off = """[...document.querySelectorAll("article *")].filter(it => {
        const box = it.getBoundingClientRect();
        if (box.right <= innerWidth + 1 || !box.width) return false;
        for (let outer = it.parentElement; outer; outer = outer.parentElement)
            if (["auto", "scroll"].includes(getComputedStyle(outer).overflowX) && outer.tabIndex == 0) return false;
        return true;
    }).map(it => it.outerHTML.slice(0, 200))"""
    context = chromium.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    for name in PAGES:
        page.goto(f"{site}{name}.html")
        assert (name, page.evaluate("document.documentElement.scrollWidth"), page.evaluate(cut_off)) == (
            name,
            width,
            [],
        )
    context.close()


def test_search_finds_a_chapter(site, chromium):
    page = chromium.new_page()
    page.goto(f"{site}search.html?q=softmax")
    page.locator("#search-results li").first.wait_for()
    assert page.locator("#search-results a", has_text="3 Sigmoid and softmax").count() > 0
    page.close()
