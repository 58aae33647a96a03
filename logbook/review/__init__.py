"""The review meeting: who reports, briefs, grades."""
