"""Text that would act upon a terminal, or hide in it."""

HOSTILE = [
    "\x1b]0;owned\x07",
    "\x1b]52;c;b3duZWQ=\x07",
    "\x1b]8;;http://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "\x1b[2J\x1b[H",
    "\x1b[10;10H",
    "\x1bP1$r0m\x1b\\",
    "\x1b_private\x1b\\",
    "\x9b2J",
    "\x9d0;owned\x9c",
    "\x1bc",
    "a\rb",
    "\b\b\b",
    "\x0e\x0f",
    "\u202egnp.exe",
    "zero\u200bwidth\ufeff",
    "\u2066iso\u2069",
]
