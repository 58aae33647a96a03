"""The vote on reporting secretaries: ballots without names, of which only counters are stored; the tally."""
