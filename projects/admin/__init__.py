"""The joint action plan in the admin, one file for each family of models."""

from projects.admin import activities, assessments, convergence, money, needs, plans, projects

__all__ = ["activities", "assessments", "convergence", "money", "needs", "plans", "projects"]
