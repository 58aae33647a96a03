"""This installation: the unit, its four words, its rules."""
