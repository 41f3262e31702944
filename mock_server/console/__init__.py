"""The pages for people: the console at `/`, and the API reference at `/docs`."""
