"""The log of one service, and what is read from it: append, publish, consume, project, rebuild, restore."""

from eventlog.sockets import mend

mend()
