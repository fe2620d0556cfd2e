"""
Examples by command: the first thing a help page shows, and the man page's EXAMPLES.

A test parses every `gradient` in them, so that no example can name a flag that is gone.
"""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "": (
        'gradient respond "three names for a build bot"',
        'git diff --staged | gradient respond --whole "a message" | git commit -F -',
        'gradient respond -f pr.diff "a leaked secret?" --one-of yes,no --expect no',
        "gradient check tests/*.toml --junit report.xml -j 4",
    ),
    "respond": (
        'gradient respond "three names for a build bot"',
        'kubectl logs api-0 --tail 300 | gradient respond "root cause in a sentence"',
        'gradient respond -f app.py -f test_app.py "why does test_login fail?"',
        "gradient respond -f cv.txt --schema 'name, age int' -o o.json && jq . o.json",
        'gradient respond -f schema.sql "revenue by month" -x -o q.sql && psql -f q.sql',
        'gradient respond -f pr.diff "does it leak a key?" --one-of yes,no --expect no',
        'gradient respond -m llama3.3-70b-instruct "hi" --curl',
    ),
    "decide": (
        'git diff | gradient decide "This change leaks a secret" --sure 0.9',
        'gradient decide -f ticket.txt "What is this?" --one-of bug,feature,question',
        'gradient decide -f mail.txt "Angry?" --scale calm,cross,mad --at-most cross',
        'gradient decide -f pr.diff --ask leak="It leaks a key" --ask tests="No tests"',
        'gradient batch run --decide "It is spam" -i mails.csv -o decided.jsonl',
    ),
    "check": (
        "gradient check tests/*.toml --junit report.xml -j 4",
        "gradient check tests/*.toml --record tapes/",
        "gradient check tests/*.toml --replay tapes/",
        "gradient check labelled.toml --calibrate --html calibration.html",
    ),
    "batch": ('gradient batch run "sentiment" --one-of pos,neg -i reviews.txt -o out.jsonl',),
    "batch run": (
        'gradient batch run "sentiment" --one-of pos,neg -i reviews.txt -o out.jsonl',
        'gradient batch run "summarise" --each-file "notes/*.md" -o out.jsonl',
        "gradient batch run -i rows.jsonl -o part-3.jsonl --shard 3/10",
    ),
    "batch submit": ('gradient batch submit "sentiment" --one-of pos,neg -i in.txt -o out.jsonl',),
    "batch status": ("gradient batch status -o out.jsonl",),
    "batch fetch": ("gradient batch fetch -o out.jsonl --wait --max-time 86400",),
    "batch cancel": ("gradient batch cancel -o out.jsonl",),
    "thread": ("gradient thread talk.jsonl",),
    "completions": ("gradient completions bash --install",),
    "models": ("gradient models", "gradient models --json | jq -r '.[].id'"),
    "auth": ("gradient auth login", "gradient auth status"),
    "auth login": (
        "gradient auth login",
        "pass show do/gradient | gradient auth login --with-key",
    ),
    "config": (
        "gradient config show",
        "gradient config set model llama3.3-70b-instruct",
    ),
    "config set": (
        "gradient config set model llama3.3-70b-instruct",
        "gradient config set profiles.local.base_url http://127.0.0.1:8000",
    ),
    "doctor": ("gradient doctor",),
    "mock": (
        'gradient mock --reply "feat: add a mock"',
        "gradient mock --status 429 --header 'Retry-After: 1'",
        "gradient mock --end close --after 3",
        "gradient mock --delay 0.3 --limit-per-minute 120",
        "gradient mock --script failures.toml --port 0",
    ),
    "help": ("gradient help respond", "gradient help exit-status"),
}
"""command path without `gradient` -> command lines; "" is the program itself."""
