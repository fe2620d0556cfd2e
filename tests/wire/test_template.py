"""Templates and prompt files: strict where they are meant, left alone where they are not."""

import pytest

from gradient_cli.errors import UsageError
from gradient_cli.settings.prompt_file import parse_prompt_file
from gradient_cli.wire.template import fill, names, unused


def test_variables_are_filled_in_once():
    """What is filled in is not looked at again."""
    assert fill("{{ a }}-{{b}}", {"a": "{{ b }}", "b": "2"}) == "{{ b }}-2"


def test_without_variables_text_is_left_alone():
    """A prompt about templates is a prompt."""
    assert fill("{{ a }} {{{{", {}) == "{{ a }} {{{{"


def test_a_literal_brace_can_be_written():
    """Four braces are two."""
    assert fill("{{{{ a }} {{ b }}", {"b": "1"}) == "{{ a }} 1"


def test_an_unset_variable_names_the_nearest():
    """Before anything is sent."""
    with pytest.raises(UsageError) as error:
        fill("{{ ticket }}", {"tickets": "x"})

    assert error.value.message == "{{ ticket }} in the prompt is not set; did you mean tickets?"


def test_a_template_is_strict_even_without_variables():
    """A prompt file that asks for one does not go out without it."""
    with pytest.raises(UsageError):
        fill("{{ a }}", {}, "p.md", is_template=True)


def test_names_and_unused():
    """For the warning about a --var that nothing asks for."""
    assert names("{{ a }} {{ b-c }} {{ 1x }} {{{{ d }}") == {"a", "b-c"}
    assert unused(["{{ a }}"], {"a": "", "z": ""}) == ["z"]


FILE = '+++\nmodel = "m"\ntemperature = 0.2\n[vars]\nl = "EN"\n+++\n\nSay {{ x }}.\n'


def test_a_prompt_file_has_settings_variables_and_text():
    """Between two marks, and after them."""
    found = parse_prompt_file(FILE, "p.md")

    assert found.text == "Say {{ x }}.\n"
    assert found.fields == {"model": "m", "temperature": 0.2}
    assert found.variables == {"l": "EN"}


@pytest.mark.parametrize(
    "text",
    [
        "# Title\n\n+++\nnot settings\n",
        "---\nmodel: m\n",
        "---\ntitle: a page\n---\nmodel: m\n---\n",
        "\n---\nmodel: m\n---\n",
    ],
)
def test_a_plain_file_is_a_prompt(text):
    """Nothing of it is taken for settings."""
    assert parse_prompt_file(text, "p.md").text == text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("+++\nmodel = 'm'\n", "p.md:1: the settings have no end"),
        ("+++\nmodle = 'm'\n+++\n", "p.md:2: unknown key `modle`; did you mean `model`?"),
        ("---\ntitle: a\nmodel: m\n---\nHi\n", "p.md:3: `model` stands between --- lines"),
        ("+++\n\ntemperature = 3\n+++\n", "p.md:3: `temperature` must be a number from 0 to 2"),
        ("+++\n[vars]\na = 1\n+++\n", "p.md:2: `vars` is a table of texts"),
        (
            "+++\n=\n+++\n",
            "at line 2, column 1",
        ),
        ("+++\nstop = ['x']\n'stopp' = 1\n+++\n", "p.md:3: unknown key `stopp`"),
        ("+++\nmodel = 'm'\nmode = 1\n+++\n", "p.md:3: unknown key `mode`"),
        ("+++\nx = " + "[" * 9999 + "\n+++\n", "p.md: the settings are nested too deeply"),
    ],
)
def test_a_mistake_is_named_with_its_place(text, words):
    """File, line, and what would be right."""
    with pytest.raises(UsageError) as error:
        parse_prompt_file(text, "p.md")

    assert words in error.value.message
