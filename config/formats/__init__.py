"""How Django itself writes and reads dates and numbers in the staff pages. Our own pages use partnership/formats.py (the CLDR)."""
