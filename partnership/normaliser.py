"""The one normaliser: what a reader may leave out or spell otherwise when sorting and searching (design, section 3)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import models

_ARABIC = str.maketrans(
    {
        "أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا",
        "ى": "ي", "ئ": "ي", "ؤ": "و",
        "ة": "ه",
        "ـ": None,  # tatweel
    }
)  # fmt: skip
_DIGITS = {ord(c): str(i) for row in ("٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹") for i, c in enumerate(row)}
_LATIN = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'", "·": None})
_NOT_A_WORD = re.compile(r"[\W_]+")


def normalise(text: str) -> str:
    """The text as it is compared: lower case, no marks or accents, one alef, ya and ta marbuta, words apart by one space.

    Idempotent. An empty text stays empty.
    """
    plain = _compatible(_compatible(text)).translate(_DIGITS).translate(_ARABIC).translate(_LATIN)
    bare = "".join(character for character in plain if not unicodedata.combining(character))
    return _NOT_A_WORD.sub(" ", bare.translate(_ARABIC)).strip()


def _compatible(text: str) -> str:
    """Lower case and taken apart; one pass can leave capitals that only appear when a sign such as ℠ is taken apart."""
    return unicodedata.normalize("NFKD", text.casefold())


if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class NormalisedField(_TextField):
    """A column kept equal to the normalised text of other columns of the row, written at every save."""

    def __init__(self, *args: Any, sources: Sequence[str] = (), **kwargs: Any) -> None:
        self.sources = tuple(sources)
        kwargs.update(editable=False, default="", blank=True)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        kwargs["sources"] = self.sources
        for fixed in ("editable", "default", "blank"):
            kwargs.pop(fixed, None)
        return name, path, args, kwargs

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """A text that is hidden from the public is left out: nobody finds the record by its words."""
        hidden = getattr(model_instance, "hidden", ())
        sources = [source for source in self.sources if source.rpartition("_")[0] not in hidden]
        value = normalise(" ".join(str(getattr(model_instance, source) or "") for source in sources))
        setattr(model_instance, self.attname, value)
        return value
