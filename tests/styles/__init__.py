"""Right answers in another style, one module a chapter: exercise -> answers, at least two where there are points."""
