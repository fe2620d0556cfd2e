"""
ITEMS: what is asked about, in whatever form it comes.

    source.py    a file, a FIFO, a pipe: found readable, and readable twice
    form.py      which form it has: by flag, by name, by its first bytes
    lines.py  table.py  rows.py  array.py  folder.py      a file a form, each a Form
    item.py      what all of them give, and what is wrong with a row
    reading.py   all sources of a run as one, with the shard and the limit; begin here
"""
