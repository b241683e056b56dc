"""One file a command group; `dealerlog.cli` gathers them."""
