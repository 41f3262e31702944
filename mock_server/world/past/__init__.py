"""A website's past as columns: all visits of a period, computed at once from the usual random numbers."""
