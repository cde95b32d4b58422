"""The agreement in the admin, one file for each family of models."""

from partnership.admin import agreement, decisions, documents, meetings, messages, organisations, people, terms

__all__ = ["agreement", "decisions", "documents", "meetings", "messages", "organisations", "people", "terms"]
