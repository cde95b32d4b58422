"""The check of the translations finds every kind of fault, and compiling needs no gettext."""

import gettext
import io

import pytest

from bin import messages

HEADER = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\nLanguage: \\nPlural-Forms: nplurals=3; plural=n>2 ? 2 : n-1;\\n"\n\n'
GREETING = '#, python-format\nmsgid "Hello %(name)s"\nmsgstr "Bonjour %(name)s"\n\n'
COUNT = 'msgid "%(n)s project"\nmsgid_plural "%(n)s projects"\nmsgstr[0] "مشروع"\nmsgstr[1] "مشروعان"\nmsgstr[2] "%(n)s مشاريع"\n'


def catalogue(text: str):
    return messages.parse_catalogue(io.BytesIO((HEADER + text).encode()), language="ar")


def faults(text: str, extracted: str = GREETING + COUNT) -> list[str]:
    return sorted(messages.faults("ar", catalogue(text), catalogue(extracted)))


@pytest.mark.smoke
def test_a_whole_catalogue_has_no_fault():
    assert faults(GREETING + COUNT) == []


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ('"Bonjour %(name)s"', '""', "ar: not translated: 'Hello %(name)s'"),
        ("#, python-format", "#, fuzzy, python-format", "ar: fuzzy: 'Hello %(name)s'"),
        (
            "Bonjour %(name)s",
            "Bonjour %(nom)s",
            "ar: placeholders ['%(nom)s'] instead of ['%(name)s']: 'Hello %(name)s'",
        ),
        ("Bonjour %(name)s", "Bonjour", "ar: placeholders [] instead of ['%(name)s']: 'Hello %(name)s'"),
        ('msgstr[1] "مشروعان"', 'msgstr[1] ""', "ar: not translated: '%(n)s project'"),
        ('msgstr[2] "%(n)s مشاريع"\n', "", "ar: not translated: '%(n)s project'"),
        ("مشاريع", "%(m)s", "ar: placeholders ['%(m)s', '%(n)s'] instead of ['%(n)s']: '%(n)s project'"),
    ],
)
def test_a_fault_is_named(before: str, after: str, fault: str):
    whole = GREETING + COUNT
    assert before in whole
    assert faults(whole.replace(before, after)) == [fault]


def test_what_is_only_in_the_code_or_only_in_the_catalogue_is_named():
    assert faults(COUNT) == ["ar: not in the catalogue (run make messages): 'Hello %(name)s'"]
    assert faults(GREETING + COUNT, extracted=GREETING) == [
        "ar: no longer in the code (run make messages): '%(n)s project'"
    ]


def test_a_compiled_catalogue_is_read_by_gettext(tmp_path):
    compiled = tmp_path / "django.mo"
    messages.write_atomically(compiled, catalogue(GREETING + COUNT))
    with compiled.open("rb") as file:
        translations = gettext.GNUTranslations(file)
    assert translations.gettext("Hello %(name)s") == "Bonjour %(name)s"
    assert [translations.ngettext("%(n)s project", "%(n)s projects", n) for n in (1, 2, 5)] == [
        "مشروع",
        "مشروعان",
        "%(n)s مشاريع",
    ]
