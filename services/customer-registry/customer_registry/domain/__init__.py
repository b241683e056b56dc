"""Who the dealers are and what we know about them, as pure rules: no I/O, no clock, no random."""
