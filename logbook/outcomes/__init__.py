"""What came of a meeting: grades beside the tally, feedback, and the papers that tell of it."""
