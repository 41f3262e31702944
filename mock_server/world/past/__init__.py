"""A website's past as columns: all visits of a stretch of time at once, from the coins of single visitors."""
