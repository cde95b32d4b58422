"""The agreement in the admin, one file for each family of models."""

from partnership.admin import agreement, documents, messages, organisations, people

__all__ = ["agreement", "documents", "messages", "organisations", "people"]
