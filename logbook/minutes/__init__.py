"""会议记录: drafted from facts, edited version by version, compared in plain words, settled once."""
