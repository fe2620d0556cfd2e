"""
Functions that are run here: the model calls, a program answers, the model is asked again.

    kit.py       what the command line names, checked before anything is sent
    rounds.py    the loop: an Asker around another one
    policy.py    what to do about an answer's calls: pure
    runs.py      the runs of one answer, all at once; or what a recording has of them
    telling.py   what the model and people are told of a run: pure

Which program answers which function, the command line alone says: no suite, prompt file,
thread, row, setting or variable of the environment comes here.
"""
