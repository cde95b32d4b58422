"""Arabic as written in Morocco: day before month, Western digits, 24 hours, the week from Monday."""
