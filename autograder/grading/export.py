"""Grades as Canvas and Moodle import them: `nbgrader export --exporter=autograder.grading.export.Canvas`.

One row a student, one column an assignment.  Who has handed in nothing has no mark there, not a 0: what that is worth
the learning platform decides.
"""

import csv
import io
import re
from pathlib import Path

from nbgrader.plugins import ExportPlugin
from traitlets import Dict, Enum

# A spreadsheet runs these as formulas, also behind what it may take for the end of a cell (OWASP, CSV injection).
FORMULA = re.compile(r'(^|[,;|"\r\n\t])(?=\s*[=+\-@＝＋－＠])|^(?=[\t\r\n])')


def csv_text(rows):
    """Rows as CSV that no spreadsheet runs: an apostrophe before each text that would be a formula; numbers as such."""
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
    safe = lambda cell: FORMULA.sub(r"\1'", cell) if isinstance(cell, str) and cell != "-" else cell  # noqa: E731
    writer.writerows(map(safe, row) for row in rows)
    return out.getvalue()


class _Platform(ExportPlugin):
    """What both platforms' exports share."""

    titles = Dict(help="assignment -> its column's title on the platform, where that is another").tag(config=True)

    def export(self, gradebook):
        """Write the grades of the students and assignments asked for (all where none is) to the file `to`."""
        wanted, whose = ([str(one) for one in many] for many in (self.assignment, self.student))
        assignments = [a for a in gradebook.assignments if not wanted or a.name in wanted]
        students = [s for s in gradebook.students if not whose or s.id in whose]
        for name in {*wanted, *whose} - {a.name for a in assignments} - {s.id for s in students}:
            self.log.warning("The gradebook does not know %r.", name)
        marks = {}
        for assignment in assignments:
            for hand_in in gradebook.assignment_submissions(assignment.name):
                mark = max(0.0, hand_in.score - hand_in.late_submission_penalty)
                marks[hand_in.student_id, assignment.name] = round(mark, 2)  # as exact as a platform shows it
                if hand_in.needs_manual_grade:
                    self.log.warning("%r still waits for marks by hand in %s.", hand_in.student_id, assignment.name)
        rows = self.head([self.titles.get(a.name, a.name) for a in assignments], [a.max_score for a in assignments])
        for student in students:
            rows.append([*self.who(student), *(marks.get((student.id, a.name), self.none) for a in assignments)])
        Path(self.to or self.file).write_text(csv_text(rows), "utf-8", newline="")
        self.log.info("%d students, %d assignments: %s", len(students), len(assignments), self.to or self.file)


class Canvas(_Platform):
    """Canvas: Gradebook, Import.  Its ID is nbgrader's lms_user_id; where there is none, it goes by `identifier`.

    Source: canvas-lms, lib/gradebook_importer.rb
    """

    identifier = Enum(
        ["SIS Login ID", "SIS User ID"], "SIS Login ID", help="the column that holds nbgrader's student id"
    ).tag(config=True)
    file, none = "canvas.csv", ""

    def head(self, titles, points):
        """The header and the row of points."""
        header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        return [[*header, *titles], ["    Points Possible", *[""] * (len(header) - 1), *points]]

    def who(self, student):
        """What says who a row is about."""
        name = ", ".join(filter(None, [student.last_name, student.first_name])) or student.id
        name = name.replace("Points Possible", "points possible")  # or Canvas would take its row for that of the points
        ids = [student.id if column == self.identifier else "" for column in ("SIS User ID", "SIS Login ID")]
        return [name, student.lms_user_id or "", *ids, ""]


class Moodle(_Platform):
    """Moodle: Grades, Import, CSV file; map from `identifier`.  One student unknown to Moodle and it imports nothing.

    Source: moodle, grade/import/csv/classes/load_data.php
    """

    identifier = Enum(
        ["Username", "ID number"], "Username", help="the title of the column that holds nbgrader's student id"
    ).tag(config=True)
    file, none = "moodle.csv", "-"

    def head(self, titles, points):
        """The header."""
        return [[self.identifier, "First name", "Last name", "Email address", *titles]]

    def who(self, student):
        """What says who a row is about."""
        return [student.id, student.first_name or "", student.last_name or "", student.email or ""]
