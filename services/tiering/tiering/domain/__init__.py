"""How much each dealer matters and what it therefore gets, as pure rules: no I/O, no clock, no random."""
