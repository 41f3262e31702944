"""The events that browsers send, `POST /api/events`."""
