"""
Settings and stored keys with anything in the place of anything: never a traceback, never a
control character on stderr. The seed makes each run the same.
"""

import random
import re

import pytest

from gradient_cli.settings.setting_keys import KEYS
from tests.home import Home

VALUES = [
    *(
        '""',
        '" "',
        '"\\u0001\\u001b[31m"',
        '"x"',
        "0",
        "-1",
        "1e999",
        "nan",
        "-inf",
        "9" * 400,
        "9" * 5000,
    ),
    *(
        "1.5",
        "1e-400",
        "true",
        "[]",
        "[1]",
        '["a","b"]',
        "[[]]",
        "{}",
        "{a=1}",
        '{a="b"}',
        "{a={b=nan}}",
    ),
    *(
        "{a=[inf]}",
        "1979-05-27",
        "07:32:00",
        '"http://[::1"',
        '"http://h:99999999"',
        '"file:///x"',
        '"@nope"',
    ),
    *(
        '"@@"',
        '"~nobody/x"',
        f'"{"x" * 70_000}"',
        "0x7fffffffffffffffffff",
        '"%s"',
        '"http://u:pw@h"',
        '"a\\nb"',
    ),
    *('{"a.b"=1,a=2}', '{"a.b"=1}', '{""=1}', '"\\u009b"', '"\\u202e"'),
]
PROFILES = ["p", '"a b"', '""', "demo"]
STORED = [
    "key = 1",
    'key="x\\n"',
    "[" * 3000,
    "profiles=1",
    "key = " + "9" * 5000,
    '[profiles.p]\nkey="a b"',
]
COMMANDS = [
    ("respond", "hi", "-n"), ("respond", "hi", "--curl"), ("config", "show"), ("config", "show", "--json"),
    ("batch", "run", "-i", "-", "-n"), ("decide", "q", "-n"), ("auth", "status"), ("config", "set", "model", "m"),
]  # fmt: skip


def lines(source: random.Random, most: int) -> list[str]:
    """Give some settings. No key_command: it would be run."""
    keys = [key for key in KEYS if key != "key_command"]
    return [
        f"{key} = {source.choice(VALUES)}" for key in source.sample(keys, source.randint(1, most))
    ]


@pytest.mark.real
@pytest.mark.parametrize(
    "seeds", [range(40), pytest.param(range(40, 1500), marks=pytest.mark.real)]
)
def test_whatever_the_settings_are_there_is_a_status(tmp_path, seeds):
    """2 with a line, or the run as it should be; 70 is for bugs."""
    for seed in seeds:
        source = random.Random(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        home = Home(folder).exports(GRADIENT_INFERENCE_ENDPOINT="http://127.0.0.1:9")
        text = lines(source, 3)
        if source.random() < 0.3:
            text += [f"[profiles.{source.choice(PROFILES)}]", *lines(source, 2)]
            home.exports(GRADIENT_PROFILE=source.choice(["p", "a b", "demo", " p\r"]))
        data = bytearray("\n".join(text).encode())
        for _ in range(source.choice([0, 0, 0, 3])):
            data[source.randrange(len(data))] = source.randrange(256)
        home.config.write_bytes(bytes(data))
        if source.random() < 0.2:
            home.stores(source.choice(STORED))

        status, _, stderr = home.runs(*source.choice(COMMANDS), stdin=b"x\n")

        assert status in range(10), f"seed {seed}: {stderr}"
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", stderr), (
            f"seed {seed}: {stderr!r}"
        )
