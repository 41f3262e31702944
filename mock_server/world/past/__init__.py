"""A website's past as columns: all visits of a stretch of time at once, with the coins of single visits."""
