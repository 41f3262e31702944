"""A website's past as columns: all visits of a stretch of time at once, with the same coins as single
visits.
"""
