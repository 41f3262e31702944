"""The views of the world that the API gives: one file for each documented resource."""
