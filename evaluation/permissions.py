"""Rights on indicators: records of the programme; their measurements hang under them."""

from partnership import rights
from partnership.permissions import PROGRAMME

rights.cover(PROGRAMME, "evaluation.indicator")
