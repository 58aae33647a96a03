"""Branches, secretaries' terms, own branches, liaison: all with history; the import of lists."""
