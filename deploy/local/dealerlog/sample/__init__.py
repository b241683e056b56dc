"""A network of invented dealers, generated from a seed up to a fixed date: facts and surveys, never an outcome."""
