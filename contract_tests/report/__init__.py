"""Reports of one run, for people and programs.

`terminal` makes the text that `datafast-mock verify` prints. `files` writes the reports that
`--report KIND=FILE` requests: `as_html` is for people, `as_markdown` for pull requests, `as_junit`,
`as_sarif` and `as_annotations` for CI, and `as_json`, which `schema.json` describes, for programs. All of
them share `words` and `summary`. Text from a server passes through `words.plain` before it is shown.
"""
