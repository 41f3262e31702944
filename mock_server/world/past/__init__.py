"""A website's past as columns: all visits of a period at once, by the random numbers of single visits."""
