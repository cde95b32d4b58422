"""Public addresses, after the language."""

from django.urls import path

from transparency.views import appearance, home, partners, plan, projects, protocol, reports

urlpatterns = [
    path("", home.home, name="home"),
    path("protocol/", protocol.protocol, name="protocol"),
    path("action-plan/", plan.action_plan, name="action-plan"),
    path("projects/", projects.project_list, name="projects"),
    path("projects/<str:code>/", projects.project_page, name="project"),
    path("partners/", partners.partners, name="partners"),
    path("reports/", reports.reports, name="reports"),
    path(
        "reports/<uuid:report_id>/<str:document_language>.pdf",
        reports.report_document,
        name="report-document",
    ),
    path("joint-colour.css", appearance.joint_colour, name="joint-colour"),
]
