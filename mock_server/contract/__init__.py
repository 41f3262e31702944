"""The reading of OpenAPI documents: operations, parameters, statuses, examples and revisions."""
