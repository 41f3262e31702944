"""The mock's own API under `/__mock`: health, sites, keys, clock, settings and the journal."""
