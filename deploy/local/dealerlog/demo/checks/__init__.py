"""One file a check; `TABLE` is what `make demo` promises, in the order it is shown."""

from dealerlog.demo.checks.again import again
from dealerlog.demo.checks.imported import full_files, small_samples
from dealerlog.demo.checks.path import path
from dealerlog.demo.checks.posted import posted
from dealerlog.demo.checks.rebuilt import rebuilt
from dealerlog.demo.checks.rederived import rederived
from dealerlog.demo.checks.republished import republished
from dealerlog.demo.checks.restored import restored
from dealerlog.demo.engine import Check

TABLE = (
    Check("sample network", path, needed=True),
    Check("loaded again", again),
    Check("decisions re-derived", rederived),
    Check("a page that posts", posted),
    Check("rebuilt", rebuilt),
    Check("Kafka lost", republished, needed=True),
    Check("database lost", restored, needed=True),
    Check("small samples, GBP", small_samples),
    Check("full files, GBP", full_files),
)
