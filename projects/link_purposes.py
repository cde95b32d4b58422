"""The pages that personal links of this floor open."""

from partnership import link_purposes
from partnership.models import LinkPurpose
from projects import acceptance_page

link_purposes.register(LinkPurpose.ACCEPTANCE, acceptance_page.answer_page)
