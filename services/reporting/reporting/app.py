"""The reporting service: one place to look (domain.md 4)."""

from pathlib import Path

from reporting import projections
from reporting.api import ageing as ageing_api
from reporting.api import dealers as dealers_api
from reporting.api import grades as grades_api
from reporting.api import monthly_sales as monthly_sales_api
from reporting.domain.export import EXPORT
from reporting.pages import (
    ageing,
    credit_sheet,
    dealer,
    dealers,
    event,
    exports,
    grades,
    home,
    monthly_sales,
    policies,
    reviews,
    simulation,
    statement,
)
from reporting.permissions import PERMISSIONS
from service.app import Service

SERVICE = Service(
    name="reporting",
    title="Reporting",
    description="Dealers, their standing and their sales as of any day and as known at any cut; pages and JSON.",
    routers=[
        home.router,
        dealers.router,
        dealer.router,
        credit_sheet.router,
        reviews.router,
        ageing.router,
        grades.router,
        statement.router,
        policies.router,
        simulation.router,
        monthly_sales.router,
        event.router,
        exports.router,
        dealers_api.router,
        ageing_api.router,
        grades_api.router,
        monthly_sales_api.router,
    ],
    permissions=PERMISSIONS,
    tables=projections.TABLES,
    deciders=[EXPORT],
    static={"/static": Path(__file__).parent / "static"},
    pages=True,
)

if __name__ == "__main__":
    raise SystemExit(SERVICE.main())
