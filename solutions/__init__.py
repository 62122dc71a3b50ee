"""The reference answers, one module a chapter, one name an exercise.  Never installed: no learner can import it."""
