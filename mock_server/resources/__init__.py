"""The functions that answer the API's operations: one file for each documented resource."""
