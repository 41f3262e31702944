"""The contract kit: it judges any server that claims to speak DataFast's API."""
