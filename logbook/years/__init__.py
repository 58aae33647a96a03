"""Coverage, the year summary (or any dates), its papers, closing a year."""
