"""How exchanges are judged: verdicts, a run, the proof that clauses notice, and faults served live."""
