"""DigitalOcean's endpoint has no default model: nothing is sent without one."""


def test_no_model_is_status_2_before_anything_is_sent(home):
    """The service would answer 400; the hint says how to set a default."""
    home.exports(GRADIENT_MODEL_ACCESS_KEY="sk-do-sesame")

    status, out, err = home.runs("respond", "hi")

    assert (status, out) == (2, "")
    assert "no model is set" in err


def test_on_a_fresh_machine_both_are_told(home):
    """One message and one command, not "no model", then "no key"."""
    status, out, err = home.runs("respond", "hi")

    assert (status, out) == (2, "")
    assert "neither a key nor a model is set" in err
    assert "gradient auth login" in err


def test_a_key_that_a_command_would_print_counts(home):
    """The command is not run to find out."""
    home.writes('key_command = "false"\n')

    assert "no model is set" in home.runs("respond", "hi")[2]
