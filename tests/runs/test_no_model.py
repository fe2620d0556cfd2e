"""DigitalOcean's endpoint has no default model: nothing is sent without one."""


def test_no_model_is_status_2_before_anything_is_sent(home):
    """The service would answer 400; the hint says how to set a default."""
    home.exports(GRADIENT_MODEL_ACCESS_KEY="sk-do-sesame")

    status, out, err = home.runs("respond", "hi")

    assert (status, out) == (2, "")
    assert "no model is set" in err
