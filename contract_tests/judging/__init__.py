"""The judging of exchanges: verdicts, a run, the proof that clauses notice faults, and a faulty proxy."""
