"""The course's judge: `autograder.check` is what learners run, `autograder.grading` what instructors run."""
