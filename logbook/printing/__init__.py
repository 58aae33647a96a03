"""Papers as they are made: typeset, sent, and noted in a list."""
