"""Money, standing and limits as pure rules: no I/O, no clock, no random."""
