"""`make faults`: a campaign of faults against the real stack, judged by what its clients were told.

Clients log every attempt before it is sent; faults of a seeded schedule strike; after each one everything must become
healthy again by what an operator may do, and log, topic and tables are compared with the clients' ledger.
"""
