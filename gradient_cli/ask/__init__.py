"""
One question: from options to an Outcome and its verdict, for respond, check and batch alike.

Begin at `question` (what is asked), `session` (where and as whom), `client` (asking, with
retries), `exchange` (reading one reply), `verdict` (what it is worth).
"""
