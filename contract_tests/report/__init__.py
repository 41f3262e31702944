"""Reports of one run, for people and programs.

`terminal` is what `datafast-mock verify` prints. `files` writes what `--report KIND=FILE` asks for: `as_html`
for whoever decides, `as_markdown` for pull requests, `as_junit` for CI, `as_json` for programs, described by
`schema.json`. `words` and `summary` are what they share. Whatever a server sent goes through
`words.plain` before it is shown.
"""
