"""Who may look: all people, each within its scope; row-level security sees to the scope."""

from service.permissions import IMPORTER, PEOPLE

PERMISSIONS = {
    "dealer.read": (*PEOPLE, IMPORTER),
    "report.read": PEOPLE,
    "report.export": PEOPLE,
    "event.read": PEOPLE,
}
