"""OpenAPI documents as values: operations, parameters, statuses, examples and revisions."""
