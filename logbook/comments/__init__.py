"""What is said of each secretary at the meeting: drafted from cited facts by the office, settled by who says it."""
