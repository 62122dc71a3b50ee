"""`autograder report` and the exports: what was planted in a class of 300 is what they say, and nobody is named."""

import csv
import importlib
import io
import json
import re
import statistics
from collections import Counter
from html import escape, unescape

import classroom
import nbformat
import pytest
from course_under_test import CHAPTERS

from autograder.grading import cli, export, grade, notebook, report
from autograder.grading.children import Limits
from autograder.grading.notebook import chosen

CHAPTER, SLUG = "01-neurons", "neurons"
EXERCISES = classroom.exercises(CHAPTER)
REFERENCE = classroom.references(CHAPTER)
KNOWN = {m.name: m for many in classroom.known_mistakes(SLUG).values() for m in many}
HALVED = "def sigmoid(z):\n    return 0.5 / (1 + np.exp(-z))"  # no known mistake, in two spellings


def with_mistakes(*names):
    return REFERENCE | {KNOWN[name].exercise: classroom.as_typed(KNOWN[name]) for name in names}


# What is handed in -> (how often, the answers, the exercises that are not right); None is an empty file.
PLANTED = {
    "right": (120, REFERENCE, ""),
    "sign": (41, with_mistakes("sign_lost_in_the_exponent"), "sigmoid"),
    "outside": (9, with_mistakes("plus_one_outside"), "sigmoid"),
    "two": (33, with_mistakes("bias_forgotten", "one_evaluation_each"), "neuron_output bill"),
    "at once": (22, with_mistakes("all_at_once"), "numerical_gradient"),
    "bill": (13, with_mistakes("one_evaluation_each"), "bill"),
    "added": (7, with_mistakes("biases_added"), "collapse"),
    "halved": (17, REFERENCE | {"sigmoid": HALVED}, "sigmoid"),
    "half": (
        8,
        REFERENCE | {"sigmoid": HALVED.replace("0.5 / (1 + np.exp(-z))", "1 / (2 + 2 * np.exp(-z))")},
        "sigmoid",
    ),
    "alone": (1, REFERENCE | {"bill": "bill = 12345"}, "bill"),
    "alone too": (
        1,
        REFERENCE | {"mean_ink": "def mean_ink(picture):\n    raise ValueError('I am Ada <script>alert(3)')"},
        "mean_ink",
    ),
    "untouched": (14, {}, " ".join(EXERCISES)),
    "crash": (6, REFERENCE | {"sigmoid": "import os\n\n\ndef sigmoid(z):\n    os.abort()"}, "sigmoid"),
    "loop": (5, REFERENCE | {"sigmoid": "def sigmoid(z):\n    while True:\n        pass"}, "sigmoid"),
    "empty": (3, None, " ".join(EXERCISES)),
}
MISTAKES = {  # what the page calls it -> (exercise, how many)
    "Bill": ("one_evaluation_each", 46),
    "Sigmoid": ("sign_lost_in_the_exponent", 41),
    "Neuron output": ("bias_forgotten", 33),
}
COUNTS = {"one_evaluation_each": 46, "sign_lost_in_the_exponent": 41, "bias_forgotten": 33, "all_at_once": 22}
COUNTS |= {"plus_one_outside": 9, "biases_added": 7}
ALIKE = "sigmoid(0.0): Yours: 0.25, expected 0.5."  # what the check says of the halved ones, 17 + 8 of them
HOSTILE = [
    "<script>alert(1)<script>",
    "=cmd|' 'calc'!A0",
    'comma, and "quotes"; =HYPERLINK(1)',
    "line\nbreak",
    "@SUM(1+9)*cmd",
    "+49-tel",
    "-2-3-four",
    "\ttab",
    "\rreturn",
    "a & b <b>bold</b>".replace("/", "\N{FRACTION SLASH}"),
    "'><img src=x onerror=alert(2)>",
    "＝wide+1",
]
IDS = [*HOSTILE, *(f"learner-{n:03}" for n in range(300 - len(HOSTILE)))]
KINDS = [kind for kind, (count, _, _) in PLANTED.items() for _ in range(count)]
KINDS = KINDS[120:] + KINDS[:120]  # the hostile ones made a mistake that is named
WHO, LATE = dict(zip(IDS, KINDS, strict=True)), IDS[-1]


def mark(student):
    """What a hand-in earns, its sentence marked by hand where it is all right."""
    kind = WHO[student]
    wrong = PLANTED[kind][2].split()
    earned = sum(e.points for name, e in EXERCISES.items() if name not in wrong) + 2 * (kind == "right")
    return earned - 4.5 * (student == LATE)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course whose class of 300 was judged: each kind of hand-in once, then stored as often as it was planted."""
    course = classroom.copy(tmp_path_factory.mktemp("class"), [CHAPTER])
    classroom.release(course, CHAPTER)
    (folder,) = chosen(course, [CHAPTER])
    about = grade.chapter(course, folder, limits=Limits(call=0.5))
    results = {}
    for kind, (_, answers, _) in PLANTED.items():
        results[kind] = grade.judge(about, b"" if answers is None else submitted(about.release, answers))
    grade.close()
    store, book = grade.Store(course), grade.Gradebook(grade.Folders(course), CHAPTER, SLUG)
    for student, kind in WHO.items():
        store.put(CHAPTER, student, "", results[kind])
        book.write(student, results[kind], None)
    store.commit()
    book.commit()
    for hand_in in book.book.assignment_submissions(CHAPTER):
        if WHO[hand_in.student_id] == "right":
            (sentence,) = (g for g in hand_in.notebooks[0].grades if g.name == "one_sentence")
            sentence.manual_score, sentence.needs_manual_grade = 2, False
        if hand_in.student_id == LATE:
            hand_in.notebooks[0].late_submission_penalty = 4.5
    book.book.add_student("learner-away", first_name="Points Possible", last_name="A", lms_user_id="4711")
    book.commit()
    store.close()
    book.close()
    return course


def submitted(release, answers, counts=None):
    """The bytes of a hand-in: the released notebook with these answers, and execution counts of some cells."""
    notebook = nbformat.reads(release, as_version=4)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "")
        if name in answers:
            cell.source = answers[name]
        if name == "one_sentence" and answers:
            cell.source = "It measures."
        if counts is not None and cell.cell_type == "code":
            cell.execution_count = counts.get(name or cell.id)
    return nbformat.writes(notebook).encode()


@pytest.fixture(scope="module")
def made(course, tmp_path_factory):
    """The page and the CSV's rows as dicts, without and with names, as the command makes them."""
    found = {}
    for words in ((), ("--names",)):
        folder = tmp_path_factory.mktemp("report")
        assert cli.main(["report", CHAPTER, "--course-dir", str(course), "--to", str(folder), *words]) == 0
        page, table = (folder / f"{CHAPTER}{suffix}" for suffix in (".html", ".csv"))
        found[bool(words)] = (
            page.read_bytes().decode(),
            list(csv.DictReader(io.StringIO(table.read_bytes().decode(), newline=""))),
        )
    return found


@pytest.fixture(scope="module")
def page(made):
    return made[False][0]


@pytest.fixture(scope="module")
def rows(made):
    return made[False][1]


def text(fragment):
    return " ".join(unescape(re.sub("<[^>]+>", " ", fragment)).split())


def table(page, caption):
    """First column -> the other columns of the table with this caption."""
    (found,) = (t for t in re.findall("<table>.*?</table>", page, re.S) if caption in text(t))
    many = [re.findall("<t[hd][^>]*>(.*?)</t[hd]>", row, re.S) for row in re.findall("<tr>.*?</tr>", found, re.S)]
    return {text(first): [text(cell) for cell in rest] for first, *rest in many[1:]}


# --- the counts -------------------------------------------------------------------------------------------------------


def test_the_class_is_what_it_says():
    assert len(IDS) == len(set(IDS)) == len(KINDS) == 300


def test_every_known_mistake_is_counted_with_its_sentence(page, rows):
    titles = {name.replace("_", " ").capitalize(): name for name in COUNTS}
    found = table(page, "Every known mistake")
    assert {titles[title]: int(row[1]) for title, row in found.items()} == COUNTS
    for title, (exercise, _, sentence) in found.items():
        known = KNOWN[titles[title]]
        assert (exercise, sentence.replace(" ", "")) == (
            known.exercise,
            known.sentence.replace("`", "").replace(" ", ""),
        )
    listed = [row for row in rows if row["what"] == "known mistake"]
    assert {titles[row["name"]]: int(row["count"]) for row in listed} == COUNTS
    assert all(row["of"] == "297" and row["sentence"] == KNOWN[titles[row["name"]]].sentence for row in listed)
    assert all(row["source"] == KNOWN[titles[row["name"]]].source for row in listed)


def test_a_wrong_answer_without_a_name_is_grouped_by_what_the_check_says(page, rows):
    found = table(page, "no known mistake explains")
    assert found == {"sigmoid": ["25", ALIKE]}
    assert "2 more are like no other" in page
    unnamed = [(row["exercise"], row["name"], row["count"]) for row in rows if row["what"] == "no known mistake"]
    assert unnamed == [("sigmoid", ALIKE, "25"), ("mean_ink", "", "1"), ("bill", "", "1")]
    assert "I am Ada" not in page and "I am Ada" not in str(rows)  # an exception's words may say who it is


def test_every_exercise_has_its_verdicts(page, rows):
    expected = {name: Counter() for name in EXERCISES}
    odd = {"crash": "crash", "loop": "timeout", "untouched": "not attempted"}
    for kind, (count, _, wrong) in PLANTED.items():
        for name in EXERCISES if kind != "empty" else ():
            expected[name][odd.get(kind, "wrong") if name in wrong.split() else "right"] += count
    counted = {name: Counter() for name in EXERCISES}
    for row in rows:
        if row["what"] == "verdict":
            counted[row["exercise"]][row["name"]] = int(row["count"])
    assert counted == expected
    found = table(page, "exercise by exercise")
    assert list(found) == list(EXERCISES)
    assert found["sigmoid"][:6] == ["2", "66 %", "50", "25", "14", "6 crash, 5 timeout"]
    assert found["bill"][:6] == ["1", "79 %", "46", "1", "14", ""]


def test_what_could_not_be_read_is_said(page, rows):
    assert "297 hand-ins judged" in page and "3 could not be read" in page
    (row,) = (row for row in rows if row["what"] == "could not be read")
    assert (row["count"], row["name"].startswith("The file is empty")) == ("3", True)


def test_tomorrow_opens_with_the_most_frequent_its_sentence_and_a_figure_of_the_chapter(page):
    items = re.findall('<li id="teach.*?</li>', page, re.S)
    titles = [text(re.search("<h3>(.*?)</h3>", item)[1]) for item in items]
    assert titles == [
        "One evaluation each",
        "Sign lost in the exponent",
        "Bias forgotten",
        "A mistake that has no name yet",
        "All at once",
    ]
    assert "46 of 297 (15 %) in bill , 1.11 The bill" in text(items[0])
    assert KNOWN["one_evaluation_each"].sentence in text(items[0]) and "Source: S2.N.7b" in text(items[1])
    assert ALIKE in text(items[3]) and "--names" in text(items[3])
    stored = CHAPTERS[CHAPTER].read_text("utf-8")
    cells = {cell.id: cell for cell in nbformat.reads(stored, as_version=4).cells}
    shown = [cells[name].outputs[0].data["text/html"] for name in ("bill-figure", "payoff-sigmoid", "neuron-sliders")]
    pictures = [re.findall("<img .*?>", item) for item in items]
    assert [one for (one,) in pictures[:3]] == [re.search("<img .*?>", html)[0] for html in shown]
    assert pictures[3] == [] and 'href="#teach-2"' in items[3]  # sigmoid's again
    assert all(re.search('alt="[^"]{30}', one) for many in pictures for one in many)


def test_a_figure_is_of_the_exercises_section_or_not_far():
    source = notebook.read(CHAPTERS[CHAPTER])
    figures = {e.identifier: report._exercise(source, e).figure for e in notebook.exercises(source)}
    assert "Sixteen handwritten digits" in figures["mean_ink"]  # another figure is nearer, and of the next section
    assert "The scatter of zeros and ones with the line" in figures["neuron_output"]  # its section has none
    assert figures["add_ones"] == figures["fewer_units"] == ""


# --- the marks and the tries ------------------------------------------------------------------------------------------


def test_the_histogram_holds_every_mark_manual_ones_too(page, rows):
    expected = Counter(f"{mark(student) // 2 * 2:g}" for student in IDS)
    found = {low: int(count) for low, (count,) in table(page, "Marks of 300").items()}
    assert found == {str(low): expected[str(low)] for low in range(0, 20, 2)}
    assert {row["name"]: int(row["count"]) for row in rows if row["what"] == "marks from"} == found
    half = statistics.median(map(mark, IDS))
    assert f"half have {half:g} of 19 points or more" in page
    assert f"{300 - 120 - 14 - 3} wait for marks by hand" in page
    assert "1 of the gradebook's students handed in nothing" in page


def counts(tries):
    """Execution counts of a learner who ran all in order, and sigmoid's two cells so many times."""
    cells = [c for c in nbformat.read(CHAPTERS[CHAPTER], as_version=4).cells if c.cell_type == "code"]
    now, found = 0, {}
    for cell in cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", cell.id)
        now += 2 * (tries - 1) * (name == "sigmoid") + 1
        found[name] = now
    return found


def test_tries_are_told_by_execution_counts_and_absurd_ones_are_left_out(course):
    release = (course / "release" / CHAPTER / f"{SLUG}.ipynb").read_text("utf-8")
    again = counts(4) | {"mean_ink": 700, "test_mean_ink": 701}  # went back at the end
    later = counts(2) | {"neuron_output": 800, "test_neuron_output": 801}  # ran again what stands above sigmoid
    hand_ins = [counts(3), counts(3), counts(9), again, counts(1)]
    hand_ins += [
        dict.fromkeys(again, 1),
        dict.fromkeys(again, 10**12),
        dict.fromkeys(again, -1),
        later | {"sigmoid": 0},
    ]
    for student, one in zip(IDS, hand_ins, strict=False):
        place = course / "submitted" / student / CHAPTER
        place.mkdir(parents=True)
        (place / f"{SLUG}.ipynb").write_bytes(submitted(release, {}, one))
    found = report._Class(course, chosen(course, [CHAPTER])[0], False)
    assert sorted(found.exercises["test_sigmoid"].tries) == [3, 3, 4, 9]
    assert {tries for e in found.exercises.values() for tries in e.tries if e.name != "sigmoid"} == {1}
    assert table(report._page(found), "exercise by exercise")["sigmoid"][6] == "3.5 (4)"


@pytest.mark.parametrize(
    "cells",
    [
        [{"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "sigmoid"}}, "execution_count": n} for n in odd]
        for odd in ([True, 2], ["1", "2"], [1.5, 2.5], [None, {}], [10**30, 1])
    ]
    + [
        None,
        7,
        [7],
        [{"cell_type": "code"}],
        [{"cell_type": "code", "metadata": {"nbgrader": 3}, "execution_count": 1}],
    ],
)
def test_counts_that_are_none_tell_nothing(cells):
    assert report._runs(json.dumps({"cells": cells}).encode(), ["test_sigmoid"]) == {}


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"9" * 10_000])
def test_bytes_that_are_no_notebook_tell_nothing(data):
    assert report._runs(data, ["test_sigmoid"]) == {}


# --- nobody is named, and nothing of a hand-in does anything ----------------------------------------------------------


def test_nobody_is_named_unless_asked(made):
    for named, (page, rows) in made.items():
        listed = "; ".join(row.get("students", "") for row in rows).replace("'", "")
        for student, kind in WHO.items():
            said = {student in page, escape(student) in page}
            if not named:
                assert said == {False} and student not in str(rows)
            elif kind not in ("right", "untouched", "crash", "loop", "empty"):
                assert escape(student) in page
                assert student.replace("'", "") in listed


def test_names_come_with_an_answer_to_look_at(made):
    answers = [escape(PLANTED[kind][1]["sigmoid"]) for kind in ("half", "halved")]
    assert [any(answer in page for answer in answers) for page, _ in (made[True], made[False])] == [True, False]


@pytest.mark.parametrize("named", [False, True])
def test_no_hand_in_adds_a_tag_an_attribute_or_a_load(made, named):
    page = made[named][0]
    tags = set(re.findall(r"<([a-zA-Z][a-zA-Z0-9]*)", page))
    assert tags <= set("html head meta title style body main h1 h2 h3 ol li p b div blockquote img pre code small a "
                       "table caption thead tbody tr th td svg rect".split())  # fmt: skip
    assert not re.search(r"<[^>]+\s(on\w+|srcset|srcdoc)=", page)
    assert set(re.findall(r'(?:src|href)="([^"]{0,11})', page)) <= {"data:image/", "#teach-2", "#teach-1"}
    assert "url(" not in page and "@import" not in page and "default-src 'none'" in page


def test_tables_have_captions_and_headers(page):
    tables = re.findall("<table>.*?</table>", page, re.S)
    assert len(tables) == 4
    for one in tables:
        assert one.count("<caption>") == 1
        assert len(re.findall('<th scope="col">', one)) > 1 and '<th scope="row">' in one
        assert one.count("<th") - one.count("<thead") == one.count("<th scope=")


FORMULAS = ["=1+1", "+1", "-1", "@x", "\tx", "\rx", " =1", "a,=1", "a;@x", "a\n=1", 'a"=1', "＝1"]


@pytest.mark.parametrize("cell", FORMULAS)
def test_no_cell_is_a_formula(cell):
    (read,) = csv.reader(io.StringIO(export.csv_text([[cell, -1, 2.5]])))
    assert read == [read[0], "-1", "2.5"] and read[0].replace("'", "") == cell
    assert not re.search(r"""(^|[,;|"\r\n\t])\s*[=+\-@＝＋－＠]|^[\t\r\n]""", read[0])


def test_plain_words_stay_as_they_are():
    words = ["Müller-Lüdenscheidt", "x+y@example.org", "", "O'Hara", "a = b"]
    assert list(csv.reader(io.StringIO(export.csv_text([words])))) == [words]


# --- exports ----------------------------------------------------------------------------------------------------------


def exported(course, name, *words):
    file = course / f"{name}.csv"
    said = classroom.run(
        course, "-m", "nbgrader", "export", f"--exporter=autograder.grading.export.{name}", f"--to={file}", *words
    )
    with open(file, encoding="utf-8", newline="") as opened:
        return list(csv.reader(opened)), said


def test_canvas(course):
    titles = f"--Canvas.titles={{'{CHAPTER}': 'Neurons (17)'}}"
    (header, possible, *students), said = exported(course, "Canvas", titles)
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Neurons (17)"]
    assert possible == ["    Points Possible", "", "", "", "", "19.0"]
    marks = {row[3]: row[5] for row in students}
    assert {row[2] for row in students} == {""}  # Canvas would take it for another student's
    assert marks.pop("learner-away") == "" and len(marks) == 300
    plain = {student: float(marks[student]) for student in IDS if student.startswith("learner")}
    assert plain == {student: mark(student) for student in plain}
    assert all(re.fullmatch(r"[\d.]+", mark) for mark in marks.values())
    hostile = [row for row in students if not row[3].startswith("learner")]
    assert len(hostile) == len(HOSTILE)
    assert not [cell for row in hostile for cell in row if re.match(r"\s*[=+\-@＝]|[\t\r]", cell)]
    (away,) = (row for row in students if row[1] == "4711")
    assert not any("Points Possible" in row[0] for row in students) and away[0] == "A, points possible"
    assert "still waits for marks by hand" in said


def test_moodle(course):
    (header, *students), _ = exported(course, "Moodle", "--Moodle.identifier=ID number")
    assert header == ["ID number", "First name", "Last name", "Email address", CHAPTER]
    marks = {row[0]: row[4] for row in students}
    assert marks["learner-away"] == "-" and len(marks) == 301
    assert {s: float(marks[s]) for s in IDS if s in marks} == {s: mark(s) for s in IDS if s in marks}
    assert not [row for row in students if re.match(r"\s*[=+\-@＝]|[\t\r]", row[0])]


def test_an_export_of_one_assignment_and_one_student(course):
    rows, said = exported(course, "Moodle", "--student=['learner-005']", "--assignment=['07-none']")
    assert rows == [["Username", "First name", "Last name", "Email address"], ["learner-005", "", "", ""]]
    assert "does not know '07-none'" in said


# --- where there is little to say -------------------------------------------------------------------------------------


def test_a_class_that_was_not_judged_is_refused(course, tmp_path, capsys):
    assert cli.main(["report", "02-none", "--course-dir", str(course), "--to", str(tmp_path)]) == 2
    empty = classroom.REPOSITORY / "course"
    fresh = tmp_path / "course"
    (fresh / "source" / CHAPTER).mkdir(parents=True)
    for name in ("nbgrader_config.py", f"source/{CHAPTER}/{SLUG}.ipynb"):
        (fresh / name).write_bytes((empty / name).read_bytes())
    assert cli.main(["report", CHAPTER, "--course-dir", str(fresh), "--to", str(tmp_path)]) == 2
    assert f"run  autograder grade {CHAPTER}" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.html"))


def test_the_report_lies_where_git_does_not_look(course):
    assert cli.main(["report", CHAPTER, "--course-dir", str(course)]) == 0
    assert (course / ".autograder" / "report" / f"{CHAPTER}.html").is_file()


# --- in a browser -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    from browser import browser

    with browser(tmp_path_factory.mktemp("home")) as chromium:
        yield chromium


@pytest.mark.parametrize("named", [False, True])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_and_nothing_is_fetched(made, chromium, scheme, named, tmp_path):
    axe = importlib.import_module("axe_playwright_python.sync_playwright").Axe()
    (tmp_path / "page.html").write_text(made[named][0], "utf-8")
    context = chromium.new_context(color_scheme=scheme, bypass_csp=True)  # axe is a script
    page, loads, said = context.new_page(), [], []
    page.on("request", lambda request: loads.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.goto((tmp_path / "page.html").as_uri())
    violations = axe.run(page).response["violations"]
    found = [(v["id"], v["nodes"][0]["html"][:200]) for v in violations if v["impact"] in ("serious", "critical")]
    context.close()
    assert (found, said) == ([], [])
    assert [url for url in loads if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize("named", [False, True])
def test_a_narrow_window_cuts_nothing_off(made, chromium, named, tmp_path):
    (tmp_path / "page.html").write_text(made[named][0], "utf-8")
    context = chromium.new_context(viewport={"width": 400, "height": 800})
    page = context.new_page()
    page.goto((tmp_path / "page.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") == 400
    context.close()
