"""HTML for people, one file a page; every figure leads to its rows and they to their events."""
