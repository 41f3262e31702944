"""What the world looks like through the API: one file for each documented resource."""
