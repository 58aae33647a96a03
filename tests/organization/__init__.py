"""The lists: branches, history, liaison, the workbook."""
