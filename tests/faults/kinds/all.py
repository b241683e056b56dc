"""Every kind of fault: importing the modules enters them."""

from faults.kinds import KINDS, clocks, disks, forks, network, processes, publishers, topics, wedges, workers

__all__ = ["KINDS", "clocks", "disks", "forks", "network", "processes", "publishers", "topics", "wedges", "workers"]
