"""A sample bureau from a seed."""
