"""
The topic `sure`: three ways to a probability, and what is made of it.
"""

WAYS: tuple[tuple[str, str], ...] = (
    ("gradient decide", "a decision model's own probability, made to be calibrated"),
    ("respond --one-of A,B --sure P", "that of the label's tokens, if the server sends them"),
    ("respond --one-of A,B --votes N", "the share of N answers, with its 95 % interval"),
)
"""How a probability comes about -> what it is."""

IN_SUITES: tuple[tuple[str, str], ...] = (
    ("decide", "a text, or a table with question and one_of, scale, expect, at_least, at_most, "
     "yes_means, no_means, sure, label; all of a test's are one request"),
    ("sure, decide_model", "the least probability that counts, and which model decides"),
    ("votes, judge_votes", "for one_of and for judges: the share of so many answers"),
    ("answer", "this text is judged, and no model is asked for one"),
)  # fmt: skip
"""Keys of a suite."""

SURE: tuple[str | tuple[tuple[str, str], ...], ...] = (
    "Three ways to the probability of an answer:",
    WAYS,
    "What is less probable than --sure P (0.5 to 1) is status 9: neither yes nor no. For a yes or "
    "no the band is symmetric: with 0.9 below 0.1 is no, above 0.9 is yes. A reply that is not "
    "exactly one sound decision for each question is status 5, never a decision.",
    "In suites:",
    IN_SUITES,
    "Unsure is an outcome of its own in every report and neither passes nor fails a test: with "
    "`repeat`, `require` and rows a test is unsure if it would pass, had the unsure ones passed. "
    "--unsure-fails makes it status 1.",
    "How to choose P: `gradient check SUITE --calibrate` asks about the rows of a data set whose "
    "column `label` says what is right, and gives for each threshold how much is decided and how "
    "much of it is right, the Brier score, the calibration error with what chance makes of it, and "
    "the threshold for a wished --precision, or that the rows are too few to say. --html draws it.",
    "For many rows: `gradient batch run --decide QUESTION`.",
    "A decision model reads and chooses. It does not calculate, count or follow a long argument.",
)
"""The parts of the topic."""
