"""The files of invoices that came in. Declared apart from what reads them: a rebuild imports tables only."""

from events import LedgerImportCompleted, LedgerImportStarted, LedgerImportUndone
from service.imports.decider import Types
from service.imports.projection import table_of

TYPES = Types(LedgerImportStarted, LedgerImportCompleted, LedgerImportUndone)
file_import = table_of(TYPES)
