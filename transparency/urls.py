"""Public addresses, after the language."""

from django.urls import path

from transparency.views import appearance, consultations, home, partners, plan, projects, protocol, register, reports

urlpatterns = [
    path("", home.home, name="home"),
    path("protocol/", protocol.protocol, name="protocol"),
    path("action-plan/", plan.action_plan, name="action-plan"),
    path("consultations/", consultations.consultation_list, name="consultations"),
    path("consultations/<str:code>/", consultations.consultation_page, name="consultation"),
    path("projects/", projects.project_list, name="projects"),
    path("projects/<str:code>/", projects.project_page, name="project"),
    path("partners/", partners.partners, name="partners"),
    path("register/", register.register_page, name="register"),
    path("register/<int:sequence>/", register.register_entry, name="register-entry"),
    path("register/decision/<str:number>/", register.register_decision, name="register-decision"),
    path("reports/", reports.reports, name="reports"),
    path("reports/<uuid:report_id>/", reports.report, name="report"),
    path(
        "reports/<uuid:report_id>/<str:document_language>.pdf",
        reports.report_document,
        name="report-document",
    ),
    path("joint-colour.css", appearance.joint_colour, name="joint-colour"),
]
