"""How fast the whole line answers, beside a bare echo bot under the same server: `make bench`."""
