"""The twelve months, for our catalogues to translate in Django's stead.

Django's Arabic has the months of the Levant and transliterations of the Gulf. Morocco writes يناير فبراير مارس أبريل ماي يونيو
يوليوز غشت شتنبر أكتوبر نونبر دجنبر, as the CLDR has them for ar_MA. Naming the messages here brings them into locale/, which
takes precedence over Django's own.
"""

from django.utils.translation import gettext_noop

NAMES = (
    gettext_noop("January"),
    gettext_noop("February"),
    gettext_noop("March"),
    gettext_noop("April"),
    gettext_noop("May"),
    gettext_noop("June"),
    gettext_noop("July"),
    gettext_noop("August"),
    gettext_noop("September"),
    gettext_noop("October"),
    gettext_noop("November"),
    gettext_noop("December"),
)
