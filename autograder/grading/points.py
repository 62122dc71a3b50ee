"""What the texts that are marked by hand are worth, by one line of an instructor's nbgrader_config.py."""

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Dict


class Worth(NbGraderPreprocessor):
    """Gives cells that are marked by hand other points than the source says."""

    points = Dict(help="a cell's id (grade_id) -> its points").tag(config=True)

    def preprocess_cell(self, cell, resources, index):
        marks = cell.metadata.get("nbgrader", {})
        if marks.get("grade_id") in self.points:
            if not (marks.get("grade") and marks.get("solution")):
                raise ValueError(f"{marks.grade_id} is not marked by hand: its points stand in the source.")
            marks["points"] = self.points[marks["grade_id"]]
        return cell, resources


def worth(config, **points):
    """Release cells that are marked by hand with these points: worth(c, one_sentence=4)."""
    config.GenerateAssignment.preprocessors.insert(0, Worth)
    config.Worth.points = points
