"""What is remembered: sessions, transcripts, the ledger of server sessions; SQLite, on a thread of its own.

May import: domain, protocol, the standard library, sqlite3.
"""

from superserve_tui.store.database import NewerSchemaError, StoreError
from superserve_tui.store.store import Store

__all__ = ["NewerSchemaError", "Store", "StoreError"]
