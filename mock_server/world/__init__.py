"""A website's life as a pure function of (seed, website, instant)."""
