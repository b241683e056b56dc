"""What Dealerlog costs against what its client libraries and its database cost, in one run. `make bench`."""
