"""What run.py does beyond a screenful; the standard library only, like run.py itself."""
