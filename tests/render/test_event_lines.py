"""`--format events`: one JSON line for each event, and each line says what it is."""

import json

import pytest

from gradient_cli.render.event_lines import event_line


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        ('{"type":"response.created"}', "response.created", "response.created"),
        ('{ "delta" : 1 , "type":"x" }', "", "x"),
        ('{"delta":"a"}', "response.output_text.delta", "response.output_text.delta"),
        ('{"object":"response.chunk","choices":[]}', "", "response.chunk"),
        ('{"object":"chat.completion.chunk"}', "message", "chat.completion.chunk"),
        ('{"object":"response","status":"completed"}', "", "response"),
        ('{"error":{"message":"no"}}', "", "error"),
        ('{"error":null,"object":"response"}', "", "response"),
        ("{}", "", "gradient.data"),
        ('{"object":7}', "", "gradient.data"),
        ('{"type":null,"object":"response"}', "", "response"),
        ('{"type":7,"a":1}', "e", "e"),
        ('{"type":"","a":1}', "e", "e"),
        ('{"a":1}', 'odd"name\u2028', 'odd"name\u2028'),
        ('  {\n"a":\r\n1}', "", "gradient.data"),
        ('{"type":"x",\n"a":1}', "", "x"),
        ("[1]", "", "gradient.data"),
        ("null", "ping", "gradient.data"),
        ('"text\u2028"', "", "gradient.data"),
    ],
)
def test_every_line_has_a_type(data, name, kind):
    """A reader that switches on `type` meets no line without one, and no line twice."""
    shown = event_line(data, name)
    found = json.loads(shown, object_pairs_hook=list)

    assert len(shown.splitlines()) == 1
    assert [value for key, value in found if key == "type"] == [kind]
    given = json.loads(data)
    rest = {key: value for key, value in json.loads(shown).items() if key != "type"}
    kept = (
        {k: v for k, v in given.items() if k != "type"}
        if isinstance(given, dict)
        else {"data": given}
    )
    assert rest == kept


@pytest.mark.parametrize("data", ['{"b":1.10,"a":"\\u00e9","a":2}', '{ "x":[1,  2] }'])
def test_the_rest_of_a_line_is_as_it_came(data):
    """Spaces, spellings and even names that stand there twice."""
    assert event_line(data).endswith(data[1:])
