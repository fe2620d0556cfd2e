"""Labels of suites by the probabilities of their tokens, where a server sends them."""

import json

import pytest

from tests.runs.test_sureness import answer

SUITE = (
    '[[test]]\nname = "t"\nmodel = "m"\nstream = false\nprompt = "is it {{ text }}?"\n'
    'one_of = ["yes", "no"]\n'
)


@pytest.fixture
def checks(home, replay_server, tmp_path):
    home.exports(GRADIENT_INFERENCE_ENDPOINT=replay_server.url)

    def run(suite, *plays, flags=()):
        (tmp_path / "s.toml").write_text(suite)
        replay_server.then(*plays)
        argv = ("check", str(tmp_path / "s.toml"), "--json", "-j", "1", "--retries", "0", *flags)
        status, out, _ = home.runs(*argv)
        return status, json.loads(out)

    return run


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("text", "p", "more", "status"),
    [
        ("Yes.", 0.95, "", 0), ("yes", 0.9, 'expect = "yes"\n', 0), ("yes", 0.8, "", 9),
        ("yes", 0.95, 'expect = "no"\n', 1), ("yes", 0.6, 'expect = "no"\n', 9),
        ("perhaps", 0.99, "", 1), ("yes", None, "", 9), ("yes", 0.6, "max_characters = 2\n", 1),
    ],
)  # fmt: skip
def test_a_label_passes_fails_or_is_unsure_as_in_respond(checks, text, p, more, status):
    """What fails besides outranks what is unsure."""
    suite = f'{SUITE}sure = 0.9\nvars = {{ text = "x" }}\n{more}'

    found, report = checks(suite, answer(text, p))

    assert found == status, report
    if p and text != "perhaps":
        checks_ = report["tests"][0]["attempts"][0]["checks"]
        (odds,) = [one["probability"] for one in checks_ if one.get("probability")]
        assert odds == {"value": pytest.approx(p), "from": "tokens"}


def test_labels_are_calibrated_by_their_tokens(checks):
    """Without `sure`, which a calibration is to find."""
    rows = ", ".join(
        f'{{ text = "{n}", label = "{w}" }}' for n, w in enumerate(("yes", "no", "no"))
    )
    plays = [answer("yes", 0.95), answer("no", 0.9), answer("Yes", 0.7)]

    status, report = checks(f"{SUITE}case = [{rows}]\n", *plays, flags=("--calibrate",))

    (found,) = report["calibrations"]
    assert status == 0
    assert (found["from"], found["rows"], found["right"]) == ("tokens", 3, 2)
    assert found["brier"] == pytest.approx((0.05**2 + 0.1**2 + 0.7**2) / 3, abs=1e-4)
