"""`autograder bundle`: installed where nothing else of the project is, it is enough to work, and holds no answer."""

import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import nbformat
import pytest
from answers import answers, squeezed
from course_under_test import CHAPTERS, COURSE
from nbformat.v4 import new_code_cell
from tiny_course import tiny_course

from autograder.grading import notebook
from conftest import CHECKOUT

VERB = [sys.executable, "-m", "autograder.grading.cli", "bundle"]
RUN = """
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], as_version=4)
there = {"metadata": {"path": sys.argv[2]}}
nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3", resources=there).execute()
nbformat.write(notebook, sys.argv[1])
"""


def made(archive, course=COURSE):
    said = subprocess.run([*VERB, "--course-dir", str(course), "--to", str(archive)], capture_output=True, text=True)
    assert (said.returncode, said.stderr) == (0, "")
    return archive


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return made(tmp_path_factory.mktemp("bundle") / "deep" / "course.zip")


@pytest.fixture(scope="module")
def files(archive):
    """name in the zip -> its bytes, without the folder that holds all."""
    with zipfile.ZipFile(archive) as zipped:
        assert {name.partition("/")[0] for name in zipped.namelist()} == {"backpropagation-course"}
        return {name.partition("/")[2]: zipped.read(name) for name in zipped.namelist()}


def test_the_same_course_gives_the_same_bytes(archive, tmp_path):
    assert made(tmp_path / "again.zip").read_bytes() == archive.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["again.zip"]


def test_it_holds_what_a_learner_needs_and_nothing_else(files):
    rooms = [("autograder", "check"), ("course", "data"), ("course", "figures"), ("course", "known")]
    wanted = {"README.md", "LICENSE", "LICENSE-text.md", "requirements.txt", "pyproject.toml"}
    wanted |= {
        "start.ipynb",
        ".progress/README.txt",
        "autograder/__init__.py",
        "course/__init__.py",
        "course/data/digits.npz",
    }
    for room in rooms:
        wanted |= {path.relative_to(CHECKOUT).as_posix() for path in CHECKOUT.joinpath(*room).glob("*.py")}
    for folder, path in CHAPTERS.items():
        wanted |= {f"{folder}/{path.name}", f"{folder}/fingerprints.json"}
        wanted |= {f"{folder}/{picture.name}" for picture in path.parent.glob("waiting-*.png")}
    assert set(files) == wanted


def test_no_solution_no_hidden_test_and_no_mistake_is_in_it(files):
    texts = {name: data.decode() for name, data in files.items() if not name.endswith((".png", ".npz"))}
    for name in [name for name in texts if name.endswith(".ipynb")]:
        cells = nbformat.reads(texts[name], as_version=4).cells
        assert not any(cell.get("outputs") for cell in cells), "an output may show the answer"
        texts[name] = "\n".join(cell.source for cell in cells)
    looked_for = answers(mistakes=True)
    assert len(looked_for) > 100 * len(CHAPTERS)
    assert [name for name, text in texts.items() if "BEGIN SOLUTION" in text or "HIDDEN TESTS" in text] == []
    texts = {name: squeezed(text) for name, text in texts.items()}
    computed = {
        answer for answer in looked_for if re.search(r"[-+*/@]", answer)
    }  # code of the rooms returns things too
    found = [
        (name, answer)
        for name, text in texts.items()
        for answer in (computed if name.endswith(".py") else looked_for)
        if answer in text
    ]
    assert found == [] and len(computed) > 0.6 * len(looked_for)


def test_what_is_not_ready_is_one_sentence_and_no_zip(tmp_path):
    course = tiny_course(tmp_path)
    (course / "source" / "01-tiny" / "tiny.ipynb").write_text("[1]")
    verb = [*VERB, "--course-dir", str(course), "--to", str(tmp_path / "course.zip")]
    said = subprocess.run(verb, capture_output=True, text=True)
    assert said.returncode == 2 and said.stderr.startswith("autograder bundle: ") and said.stderr.count("\n") == 1
    assert not list(tmp_path.glob("course.zip*"))


# --- installed -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def elsewhere(files, tmp_path_factory):
    """A function that runs Python where the bundle is installed and the checkout is not; and the unpacked folder.

    A new environment. NumPy, Jupyter and the rest are borrowed from this one by a line in a .pth file, so that nothing
    is downloaded; this one's own .pth, by which it finds the checkout, does not count there.
    """
    root = tmp_path_factory.mktemp("elsewhere")
    for name, data in files.items():
        (root / "unpacked" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "unpacked" / name).write_bytes(data)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / "env")], check=True)
    scheme = dict(vars={"base": str(root / "env"), "platbase": str(root / "env")}, scheme="venv")
    library = sysconfig.get_path("purelib", **scheme)
    Path(library, "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    python = f"{sysconfig.get_path('scripts', **scheme)}/python"

    def run(*arguments):
        from browser import private

        said = subprocess.run(
            [python, *arguments], cwd=root, env=private(root / "home"), capture_output=True, text=True, timeout=300
        )
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout

    pip = ["-m", "pip", "install", "--no-deps", "--no-index", "--no-build-isolation", "--ignore-installed"]
    run(*pip, str(root / "unpacked"))
    return run, root / "unpacked"


def test_only_what_learners_run_is_installed(elsewhere):
    run, _ = elsewhere
    find = "from importlib.util import find_spec as f; print(*[bool(f(m)) for m in %r], f('course').origin)"
    there = ["autograder.check", "course.data", "course.figures", "course.known"]
    said = run("-c", find % [*there, "autograder.grading", "solutions", "tests"]).split()
    assert said[:7] == ["True"] * 4 + ["False"] * 3
    assert str(CHECKOUT) not in said[7]


@pytest.mark.parametrize("folder", CHAPTERS)
def test_every_chapter_finds_what_it_imports(elsewhere, folder):
    run, unpacked = elsewhere
    cells = notebook.read(unpacked / folder / CHAPTERS[folder].name).cells
    lines = [line for cell in cells if cell.cell_type == "code" for line in cell.source.splitlines()]
    imports = [line for line in dict.fromkeys(map(str.strip, lines)) if line.startswith(("import ", "from "))]
    assert len(imports) > 2
    run("-c", "\n".join(imports))


def test_an_exercise_is_done_with_it(elsewhere, tmp_path):
    run, unpacked = elsewhere
    page = notebook.read(unpacked / "01-neurons" / "neurons.ipynb")
    names = [cell.metadata.get("nbgrader", {}).get("grade_id") for cell in page.cells]
    given, check = page.cells[: names.index("mean_ink")], page.cells[names.index("test_mean_ink")]
    tries = ["None", "picture.sum()", "picture.sum() / picture.size"]
    page.cells = [*given]
    for returned in tries:
        page.cells += [
            new_code_cell(f"def mean_ink(picture):\n    return {returned}"),
            nbformat.from_dict(dict(check, id=f"check-{len(page.cells)}")),
        ]
    nbformat.write(page, tmp_path / "mine.ipynb")
    run("-c", RUN, str(tmp_path / "mine.ipynb"), str(unpacked / "01-neurons"))
    ran = notebook.read(tmp_path / "mine.ipynb").cells[len(given) + 1 :: 2]
    said = ["".join(output.get("data", {}).get("text/plain", "") for output in cell.outputs) for cell in ran]
    assert len(said) == 3 and "not attempted" in said[0]
    assert "total ink of the picture" in said[1], "the mistake is known by its fingerprint"
    assert said[2] == "\u2713 mean_ink: right"
    run("-c", RUN, str(unpacked / "start.ipynb"), str(unpacked))
    (shown,) = [cell.outputs for cell in notebook.read(unpacked / "start.ipynb").cells if cell.cell_type == "code"]
    assert re.search(r"^1 Neurons: 1 passed, 0 tried", shown[0]["data"]["text/plain"], re.M)
