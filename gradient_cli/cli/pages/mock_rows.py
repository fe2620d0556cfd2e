"""What a script of `gradient mock` may say, key by key."""

from gradient_cli.cli.pages.reference import Rows

MOCK_SETTINGS: Rows = (
    ("dialect", "typed (the default) or chunk, for replies that do not say"),
    ("loop", "true begins anew after the last reply, which otherwise stays"),
    ("models", "a list of ids for GET /v1/models; any model is answered"),
    ("key", "a made-up key to ask for; another, or none, is refused with 401"),
    ("limit_per_minute", "requests; above that 429 with x-ratelimit headers alone"),
)
"""Keys at the top of a mock's script -> what they do."""

MOCK_REPLY: Rows = (
    (
        "text",
        "the answer; {{ prompt }}, {{ characters }} (of the prompt), {{ model }} and "
        "{{ tool NAME }} (what that function gave) are filled in",
    ),
    ("reasoning", "what is thought before it"),
    ("messages", "a list of further messages after the text"),
    ("commentary", "a message of the phase `commentary` before the text"),
    ("refusal", "why it is refused, in a part `refusal`"),
    ("annotations", 'what is cited: [{ type = "url_citation", url = "...", title = "..." }]'),
    (
        "server_calls",
        "what the service does before it writes: "
        '[{ type = "web_search_call", action = { type = "search", query = "..." } }]',
    ),
    ("items", 'output items as they are: [{ type = "mcp_approval_request", name = "f" }]'),
    ("final_text", "what a stream's last event repeats in place of the text"),
    ("hides_limit", "true calls an answer completed although the token limit cut it"),
    ("calls", 'function calls: [{ name = "f", arguments = { city = "Oslo" } }]'),
    ("obey_schema", "true answers a request for JSON with an instance of its schema"),
    ("obey_tools", "true uses the tools of a request: calls a function, repeats its result"),
    ("dialect", "typed or chunk"),
    ("status, headers, body", "an HTTP status other than 200; headers that win; a whole body"),
    ("delay", "seconds before the reply"),
    ("first_token, token_delay", "seconds before the first word, and between two"),
    (
        "end",
        "incomplete (the token limit), incomplete-vllm (the same, in an event that is called "
        "completed), failed (response.failed), error (an error event), "
        "cut (the connection ends), reset (it breaks), close (no terminal event), "
        "stall (silence), malformed (no JSON), done ([DONE] alone)",
    ),
    ("after", "words before such an end; all of them if it is not given"),
    ("times", "how many requests are answered so (1; with match, model or sees all); 0 is all"),
    ("match", "a regular expression: only prompts in which it is found"),
    ("model", "only requests for this model"),
    ("sees", 'only requests that bring back a result of this function; "" of any'),
)
"""Keys of a [[reply]] -> what they do."""
