"""`python -m dealerlog` is the `dealerlog` command."""

from dealerlog.cli import app

app()
