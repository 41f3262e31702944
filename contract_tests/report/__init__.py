"""Reports of one run, for people and programs."""
