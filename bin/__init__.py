"""Small programs the Makefile calls."""
