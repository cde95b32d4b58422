"""The joint action plan in the admin, one file for each family of models."""

from projects.admin import activities, money, plans, projects

__all__ = ["activities", "money", "plans", "projects"]
