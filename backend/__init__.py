"""The institution's backend: rooms of domain rules behind web, worker and clock doors."""
