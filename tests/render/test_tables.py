"""Listings on a terminal."""

from gradient_cli.render.tables import aligned, models_table


def test_columns_are_aligned_and_lines_end_with_text():
    """No blanks at the end of a line."""
    assert aligned([("a", "bb", ""), ("cccc", "d", "e")]) == ["a     bb", "cccc  d   e"]


def test_an_id_is_never_cut():
    """It is there to be copied, also in a narrow window."""
    name = "a-very-long-model-name-for-a-narrow-window"

    table = models_table([{"id": name}], 24, has_color=False)

    assert name in "".join(table.split("\n")[1:]).replace(" ", "")


def test_an_id_cannot_steer_the_terminal():
    """Ids come from the server."""
    table = models_table([{"id": "\x1b[2Jx", "owned_by": "\x9b31m"}], 80, has_color=False)

    assert "\x1b" not in table
    assert "\x9b" not in table


def test_what_is_no_date_is_left_out():
    """Servers of one's own put anything there."""
    for created in (None, "soon", -1, 10**30, True):
        assert models_table([{"id": "m", "created": created}], 80, has_color=False).split() == [
            "model",
            "owner",
            "since",
            "m",
        ]
