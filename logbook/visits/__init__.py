"""Books, records of visits and their versions, attachments, and which years are locked."""
