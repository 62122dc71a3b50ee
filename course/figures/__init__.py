"""The only drawing code of the course: showing (here and in `house`), figures (`plots`), widgets (`widgets`)."""

from course.figures.house import payoff, progress, show, show_widget

__all__ = ["payoff", "progress", "show", "show_widget"]
