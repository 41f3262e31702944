"""The judging of exchanges: runs, verdicts, the proof that clauses notice faults, a proxy with a fault."""
