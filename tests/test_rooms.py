"""Who may import whom, and what is installed: the walls of the house (see CONTRIBUTING.md)."""

import ast
import importlib.metadata
import re
import sys
import tomllib

import nbformat
import pytest
import setuptools
from jupyter_client.manager import start_new_kernel

from conftest import CHECKOUT

CHAPTERS = sorted((CHECKOUT / "course" / "source").glob("*/*.ipynb"))
SLUGS = [path.parent.name.partition("-")[2].replace("-", "_") for path in CHAPTERS]  # in the course's order


def imports(text):
    """Every module a piece of code imports, absolute names only; the names of `from a import b` as a.b."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def strangers(text, allowed):
    """What a piece of code imports beside the standard library and the allowed modules."""
    return [
        name
        for name in imports(text)
        if name.partition(".")[0] not in sys.stdlib_module_names
        and not any(name == module or name.startswith(module + ".") for module in allowed)
    ]


def modules(*rooms):
    return [path for room in rooms for path in sorted((CHECKOUT / room).rglob("*.py")) if "source" not in path.parts]


def case(path):
    return str(path.relative_to(CHECKOUT))


@pytest.mark.parametrize("path", modules("autograder/check"), ids=case)
def test_the_check_room_imports_numpy(path):
    allowed = ["numpy", "autograder.check", "IPython"]
    assert strangers(path.read_text("utf-8"), allowed) == []
    top = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.Import | ast.ImportFrom)]
    assert "IPython" not in [name.partition(".")[0] for node in top for name in imports(ast.unparse(node))]


@pytest.mark.parametrize("path", modules("course"), ids=case)
def test_the_course_room_imports_no_answers(path):
    allowed = {
        "known": ["numpy", "course.known"],
        "figures": ["numpy", "matplotlib", "PIL", "ipywidgets", "IPython", "course", "autograder.check"],
        "data": ["numpy", "sklearn"] if path.name == "make_digits.py" else ["numpy"],
    }
    allowed["nbgrader_config.py"] = ["autograder.grading.trusted"]  # the instructor's, and no module of the package
    room = path.relative_to(CHECKOUT / "course").parts[0]
    assert strangers(path.read_text("utf-8"), allowed.get(room, [])) == []


@pytest.mark.parametrize("path", modules("solutions"), ids=case)
def test_the_answers_import_numpy_and_earlier_answers(path):
    here = SLUGS.index(path.stem) if path.stem in SLUGS else len(SLUGS)
    earlier = SLUGS[: here + 1] if path.parent.name == "mistakes" else SLUGS[:here]
    allowed = ["numpy", "solutions.mistakes", *(f"solutions.{slug}" for slug in earlier)]
    assert strangers(path.read_text("utf-8"), allowed) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_a_notebook_imports_answers_in_hidden_tests_alone(path):
    earlier = SLUGS[: SLUGS.index(path.stem)]
    allowed = ["numpy", "autograder.check", "course.data", "course.figures", *(f"course.known.{s}" for s in earlier)]
    hidden = [*allowed, f"solutions.{path.stem}", *(f"solutions.{slug}" for slug in earlier)]
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            visible = re.sub(r"### BEGIN HIDDEN TESTS\n.*?### END HIDDEN TESTS", "pass", cell.source, flags=re.S)
            assert strangers(visible, allowed) == []
            assert strangers(cell.source, hidden) == []


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_every_cell_of_a_chapter_has_been_run(path):
    """nbval compares nothing where a cell has no execution count."""
    cells = nbformat.read(path, as_version=4).cells
    assert [cell.source for cell in cells if cell.cell_type == "code" and cell.execution_count is None] == []


def test_folder_notebook_and_module_have_one_name():
    for path, slug in zip(CHAPTERS, SLUGS, strict=True):
        assert path.stem == slug and slug.isidentifier()
        assert (CHECKOUT / "solutions" / f"{slug}.py").is_file()
    numbers = [path.parent.name.partition("-")[0] for path in CHAPTERS]
    assert numbers == [f"{n:02}" for n in range(1, len(CHAPTERS) + 1)]


PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text("utf-8"))


def test_packages_are_the_two_rooms_and_nothing_else():
    find = PYPROJECT["tool"]["setuptools"]["packages"]["find"]
    assert find["namespaces"] is False
    found = set(setuptools.find_packages(CHECKOUT, include=find["include"]))
    with_code = {".".join(path.relative_to(CHECKOUT).parent.parts) for path in modules("course", "autograder")}
    assert found == with_code, "each folder of code needs an __init__.py, and source/ none"
    assert {name.partition(".")[0] for name in found} == {"course", "autograder"}


def test_every_data_file_is_packaged():
    patterns = PYPROJECT["tool"]["setuptools"]["package-data"]["*"]
    ours = [
        path
        for room in ("course", "autograder")
        for folder in (CHECKOUT / room).rglob("__init__.py")
        for path in folder.parent.iterdir()
        if path.is_file() and path.suffix not in {".py", ".md", ".db"}
    ]
    assert ours and [path.name for path in ours if not any(path.match(pattern) for pattern in patterns)] == []


def test_the_requirements_are_one_list():
    wanted = [line for line in (CHECKOUT / "requirements.txt").read_text("utf-8").splitlines() if line[:1].isalpha()]
    names = [re.match(r"[\w-]+", line).group() for line in wanted]
    assert sorted(names) == ["ipywidgets", "jupyterlab", "matplotlib", "nbgrader", "nbval", "numpy"]
    assert all(re.fullmatch(r"[\w-]+>=[\d.]+,<[\d.]+", line) for line in wanted), "a floor and a ceiling each"
    installed = importlib.metadata.requires(PYPROJECT["project"]["name"])
    assert sorted(name for text in installed if "extra" not in text for name in re.findall(r"^[\w-]+", text)) == sorted(
        names
    )


def test_a_learners_kernel_cannot_import_the_answers(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONPATH")
    manager, client = start_new_kernel(cwd=str(tmp_path))
    said = []

    def hear(message):
        said.append(message["content"].get("text") or message["content"].get("ename"))

    try:
        for name in ("course.data", "autograder.check", "solutions", "tests", "tests.claims"):
            client.execute_interactive(f"import {name}; print('imported')", timeout=30, output_hook=hear)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    said = [text.strip() for text in said if text]
    assert said == ["imported"] * 2 + ["ModuleNotFoundError"] * 3
