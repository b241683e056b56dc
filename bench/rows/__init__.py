"""The rows of the table, one file a subject; each yields `Row`s."""
