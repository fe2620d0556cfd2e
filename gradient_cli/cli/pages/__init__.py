"""What `--help` and `gradient help` say; `overview` is the first page, `topics` the rest."""
