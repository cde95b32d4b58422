"""What the public pages show, worked out: small frozen values that templates only have to lay out."""
