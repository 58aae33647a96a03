"""整改清单 after the review meeting: drawn up from the comments, filled in by Word, handed to the ledger."""
