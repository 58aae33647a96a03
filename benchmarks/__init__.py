"""What run.py bench runs: figures beside a limit measured in the same run, on the same machine and rows."""
