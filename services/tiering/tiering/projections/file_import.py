"""The files of sale lines that came in. Declared apart from what reads them: a rebuild imports tables only."""

from events import SalesImportCompleted, SalesImportStarted, SalesImportUndone
from service.imports.decider import Types
from service.imports.projection import table_of

TYPES = Types(SalesImportStarted, SalesImportCompleted, SalesImportUndone)
file_import = table_of(TYPES)
