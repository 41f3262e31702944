"""The reader of OpenAPI documents: operations, parameters, statuses, examples and revisions."""
