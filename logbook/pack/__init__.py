"""The whole meeting: built with one click, its papers printed as one and kept as a folder."""
