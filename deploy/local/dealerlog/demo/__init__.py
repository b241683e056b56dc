"""`make demo`: the main job in an installation of its own, and what is promised of it, each line with its figures."""
