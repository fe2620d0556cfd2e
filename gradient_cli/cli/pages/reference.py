"""The long lists of `gradient help settings`, `threads` and `tools`; `topics` sets them."""

Rows = tuple[tuple[str, str], ...]

SETTINGS: Rows = (
    ("model", "the model to ask: -m"),
    ("instructions", "a text, or @FILE beside this file: -s"),
    ("max_output_tokens", "a whole number, 1 or more; above it the answer is cut (status 8)"),
    ("temperature", "a number from 0 to 2"),
    ("top_p", "a number from 0 to 1"),
    ("stop", "a text, or a list of up to 4: the answer ends before it"),
    ("metadata", "a table of texts, up to 16; joined with --metadata, which wins"),
    ("user", "your end user, for the service's abuse checks"),
    ("modalities", "a list of kinds of answers; only text exists: --modality"),
    ("parallel_tool_calls", "true or false"),
    ("tool_choice", "none, auto, required, or the name of a function or a service's tool"),
    ("reasoning_effort", "how much to think: none, low, medium, high, max"),
    ("stream", "true or false; true but in batch"),
    ("params", "a table of any other fields of the request; joined with --param, which wins"),
    ("base_url", "where to ask; default https://inference.do-ai.run"),
    ("timeout", "seconds of the longest silence; default 120"),
    ("max_time", "seconds of the whole run; default: no end"),
    ("retries", "tries after a failure that may pass; default 3"),
    ("proxy", 'the proxy\'s URL; "" for none, whatever the environment says'),
    ("ca_bundle", "a file of roots to trust; relative to this file"),
    ("allow_http", "true lets a key go over plain HTTP; in a profile alone"),
    ("max_input_bytes", "the most that is read for one prompt; default 100000000"),
    ("max_answer_bytes", "the most that is read of one answer; default 100000000"),
    ("format", "auto, text, markdown, json or events; default auto"),
    ("color", "auto, always or never; default auto"),
    ("show_reasoning", "true shows the model's reasoning on stderr"),
    ("usage", "true prints token counts and times to stderr: -u"),
    ("think_tags", "split (the default) or keep: see `gradient help completeness`"),
    ("decide_model", "the model that `gradient decide` asks"),
    ("thread", "the conversation that `respond` goes on with: --thread; relative to this file"),
    ("key_command", "a program that prints the key, run without a shell"),
    ("key_file", "a file whose first line is the key; relative to this file"),
    ("profile", "the profile to use when none is named; at the top alone"),
)
"""Every key of config.toml but `profiles` -> what it may be."""

THREAD: Rows = (
    ("what is kept", "JSON lines: what you said, what the model said and called, results of calls"),
    ("when", "after a complete answer that met what was expected, as a whole; else nothing"),
    (
        "where",
        "behind what stands in the file then; if another program wrote to it during the answer, "
        "its lines stay, and a warning says so",
    ),
    ("two at once", "the second run waits for the turn of the first; no lock file stays behind"),
    ("--body FILE", "its `input`, a text or a list of items, is this turn, if there is no prompt"),
    (
        "--tool-output ID=TEXT",
        "answers a call that the model made in the turn before; --tool-output-file ID=PATH, with a "
        "file's content",
    ),
    ("-n, --curl", "read the thread and leave nothing behind"),
)
"""What holds for --thread."""

TOOLS: Rows = (
    (
        "--tool NAME",
        "a tool that the service runs: web_search, web_fetch, knowledge_base_retrieval, mcp, …; "
        "a name that is not known here is sent as it is",
    ),
    (
        "NAME:FIELD=VALUE,…",
        "with fields as the wire has them: web_search:max_uses=3, "
        "knowledge_base_retrieval:knowledge_base_id=ID, "
        "mcp:server_label=docs,server_url=https://…,authorization=@token (@FILE is a file's "
        'content; FIELD.NAME=VALUE nests; lists and commas as JSON: \'["a","b"]\', \'"a,b"\')',
    ),
    (
        "its secrets",
        "authorization, headers and the like stand in no -n, recording or error; --curl has "
        "variables for them",
    ),
    (
        "--tool FILE|JSON",
        'a function the model may call: {"type": "function", "name": "get_weather", "parameters": '
        '{"type": "object", "properties": {"city": {"type": "string"}}}}; a list of them, too; '
        "./web_search or @web_search is a file of such a name",
    ),
    ("--tool-choice", "none, auto, required, or the name of the function or the tool to use"),
    ("--parallel-tool-calls", "whether several may be called at once"),
    (
        "the answer",
        'one JSON object a call on stdout, status 0: {"type": "function_call", "name": …, '
        '"arguments": …, "call_id": …}; `tool_calls` in --json',
    ),
    (
        "what it rests on",
        "a list on stderr below the answer; `citations` and `server_calls` in --json",
    ),
    (
        "--expect-source HOST",
        "it cites a page of this host or of one below it, else status 1; `sources` in suites",
    ),
    (
        "--expect-call NAME[=JSON]",
        "it calls this function with at least these arguments, else status 1; `calls` in suites. "
        "Nothing is run for that; web_search and tools of MCP servers count by their names",
    ),
    ("a wrong call", "of another function, or with arguments that do not fit: status 1"),
    (
        "its result",
        "goes back with --thread FILE --tool-output CALL_ID=TEXT, or --tool-output-file "
        "CALL_ID=PATH; several calls need several of them before the next prompt",
    ),
    (
        "--run-tool NAME=COMMAND",
        "a program of yours answers calls of this function, and the model is asked again: "
        "arguments that fit its `parameters` are JSON on stdin, stdout is the result, no shell, "
        "no key in its environment; another status, or --tool-timeout (30 s), is told to the "
        "model; --max-tool-calls (20) is status 8; --confirm asks before each run; `steps` in "
        "--json. Nothing but the command line can name a program; --replay starts none",
    ),
)
"""How functions are offered, called and answered."""
