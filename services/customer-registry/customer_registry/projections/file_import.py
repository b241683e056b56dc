"""The files of dealers that came in. Declared apart from what reads them: a rebuild imports tables only."""

from events import DealerImportCompleted, DealerImportStarted, DealerImportUndone
from service.imports.decider import Types
from service.imports.projection import table_of

TYPES = Types(DealerImportStarted, DealerImportCompleted, DealerImportUndone)
file_import = table_of(TYPES)
