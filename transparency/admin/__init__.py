"""Reports in the admin."""

from transparency.admin import reports, series

__all__ = ["reports", "series"]
