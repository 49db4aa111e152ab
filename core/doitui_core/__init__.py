"""The brain of doitui: records, DOI states, the work queue, metadata, DataCite clients.

No Textual, Falcon or click in here, and nothing is imported until it is used: `from doitui_core import database, dois`.
"""

__version__ = "0.1.0"
