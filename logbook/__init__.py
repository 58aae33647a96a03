"""下基层记录本: from a visit to the grassroots to the paper on the meeting's table."""
