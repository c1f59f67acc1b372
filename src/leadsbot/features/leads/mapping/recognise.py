"""The decision which answer is the name, the e-mail address, the number, the company and the message."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from leadsbot.features.leads.mapping.shapes import JSON, Leaf, Node, leaves, only_a_label
from leadsbot.features.leads.mapping.visit import take_context
from leadsbot.kit.contact import display_name, looks_like_email, looks_like_phone
from leadsbot.kit.spellings import Role, is_nameless, is_other, role_of, role_of_type
from leadsbot.kit.text import one_line


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a form; only what it was called is known, its bytes were not kept."""

    field: str
    filename: str
    size: int | None
    content_type: str | None


@dataclass(frozen=True, slots=True)
class Recognised:
    """What `recognise` found. Texts are as typed, without blanks around them; `fields` is everything else, as sent.

    `ambiguous` names what was answered more than once and differently: the first one was taken, the others are in
    `fields`. Nobody is merged by this: addresses and numbers are normalised where leads are compared.
    """

    name: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    company: str | None = None
    message: str | None = None
    fields: dict[str, JSON] = field(default_factory=dict)
    context: dict[str, str] = field(default_factory=dict)
    attachments: tuple[Attachment, ...] = ()
    ambiguous: tuple[str, ...] = ()


_LONGEST: dict[Role, int] = {"name": 200, "first": 200, "last": 200, "company": 300}
"""What is longer is shown cut, and kept whole among the further answers."""
_JOINED: dict[Role, str] = {"message": "\n", "name": " "}
"""What may be answered in several fields of one name, and what is between the answers."""


def recognise(fields: Mapping[str, JSON]) -> Recognised:
    """Reads the body of a submission (JSON, or a form unfolded by `kit.brackets`) without changing it.

    Answers are looked for where the common form builders put them (wrappers, records with labels, names in parts) and
    by how they are called, in many spellings. Nothing is dropped: what is not recognised stays in `fields`,
    unchanged; an answer inside a wrapper is lifted to the top under its label unless that name is taken there, and
    the rest of the wrapper stays in its place. Blank values of recognised fields and labels of answered
    records are the only things left out. Never raises for JSON of a sane depth.
    """
    body = _copy_dict(fields)
    return _Reader(body).read()


def _copy(value: JSON) -> JSON:
    if isinstance(value, dict):
        return _copy_dict(value)
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _copy_dict(value: Mapping[str, JSON]) -> Node:
    return {key: _copy(held) for key, held in value.items()}


def _text(role: Role, value: JSON) -> str | None:
    """The answer as a text that fits the role, or None."""
    if isinstance(value, list):
        texts = list(dict.fromkeys(item.strip() for item in value if isinstance(item, str) and item.strip()))
        if any(not isinstance(item, str) for item in value) or (len(texts) != 1 and role not in _JOINED):
            return None
        text = _JOINED.get(role, "").join(texts)
        return text if text and _fits(role, text) else None
    if isinstance(value, int) and not isinstance(value, bool) and role == "phone":
        value = str(value)
    if not isinstance(value, str):
        return None
    text = value.strip()
    return text if text and _fits(role, text) else None


def _fits(role: Role, text: str) -> bool:
    if role == "email":
        return looks_like_email(text)
    if role == "phone":
        return len(text) <= 60 and sum(map(str.isdigit, text)) >= 5
    if role == "message":
        return True
    return "\n" not in text and "://" not in text and any(map(str.isalpha, text)) and "@" not in text


def _is_blank(value: JSON) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


@dataclass(slots=True, eq=False)
class _Candidate:
    leaf: Leaf
    role: Role
    score: int
    text: str

    @property
    def rank(self) -> tuple[int, int]:
        return self.leaf.tier, -self.score

    @property
    def too_long(self) -> bool:
        """Whether it can be shown in part only."""
        return len(self.text) > _LONGEST.get(self.role, len(self.text))


class _Reader:
    """One pass over one body: finds candidates, chooses, removes what was chosen, lifts what is left."""

    def __init__(self, body: Node) -> None:
        self._body = body
        self._leaves = leaves(body)
        self._ambiguous: list[str] = []
        self._opened: dict[int, bool] = {}
        self._blank: list[Leaf] = []

    def read(self) -> Recognised:
        context, taken = take_context(self._leaves)
        self._remove(taken)
        self._leaves = [leaf for leaf in self._leaves if not leaf.context and not leaf.gone]
        self._candidates = self._find()
        email = self._choose("email") or self._guess_email()
        phone = self._choose("phone") or self._guess_phone()
        company = self._choose("company")
        name, first, last = self._choose_name()
        message = self._choose("message") or self._guess_message()
        self._remove(self._blank)
        self._lift()
        attachments = tuple(_attachments(self._body))
        return Recognised(
            name, first, last, email, phone, company, message, self._body, context, attachments, tuple(self._ambiguous)
        )

    def _find(self) -> list[_Candidate]:
        found = []
        for leaf in self._leaves:
            known = [role for label in leaf.labels if (role := role_of(label))]
            said = max(known, key=lambda each: each[1], default=None)
            typed = role_of_type(leaf.hint)
            if typed and not any(map(is_other, leaf.labels)) and (said is None or typed[1] > said[1]):
                said = typed
            if said is None:
                continue
            text = _text(said[0], leaf.value)
            # A weak spelling of a telephone number needs a value that is nothing else.
            if said == ("phone", 1) and (text is None or not looks_like_phone(text)):
                continue
            if text is not None:
                found.append(_Candidate(leaf, said[0], said[1], text))
            elif said[1] >= 2 and leaf.tier == 0 and _is_blank(leaf.value):
                self._blank.append(leaf)
        return found

    def _best(self, role: Role) -> _Candidate | None:
        fit = [each for each in self._candidates if each.role == role and not each.leaf.gone]
        usable = [each for each in fit if not (role == "name" and each.leaf.named_form)]
        best = min(usable, key=lambda each: each.rank, default=None)
        # A weak word beside the answers proper (`description` of an envelope) is not worth a guess.
        return best if best is None or best.leaf.tier == 0 or best.score >= 2 else None

    def _choose(self, role: Role) -> str | None:
        best = self._best(role)
        return self._take(best) if best is not None else None

    def _take(self, chosen: _Candidate) -> str:
        """The text of the chosen answer; removes it, and copies of it that an envelope repeats."""
        rivals = [each for each in self._candidates if each.role == chosen.role and each is not chosen]
        same = [each for each in rivals if each.text == chosen.text and (each.leaf.tier == 1 or each.score >= 2)]
        if any(each.text != chosen.text and each.leaf.tier == 0 and each.score >= 2 for each in rivals):
            self._ambiguous.append(chosen.role)
        if chosen.too_long:
            return one_line(chosen.text, _LONGEST[chosen.role])
        self._remove([chosen.leaf, *(each.leaf for each in same)])
        return chosen.text

    def _choose_name(self) -> tuple[str | None, str | None, str | None]:
        """The display name with its parts, as far as they were sent in parts."""
        full, first, last = self._best("name"), self._best("first"), self._best("last")
        parts = [each for each in (first, last) if each is not None]
        if full is not None and parts and full.leaf.tier != parts[0].leaf.tier:
            nearer = full.leaf.tier < parts[0].leaf.tier
            full, first, last = (full, None, None) if nearer else (None, first, last)
        if full is not None and first is not None and last is not None:
            # All three were sent: the full name is shown, the parts stay with it when they say the same.
            whole = self._take(full)
            if _same_name(whole, display_name(first.text, last.text)):
                return _line(whole), _line(self._take(first)), _line(self._take(last))
            return _line(whole), None, None
        if full is not None and (part := first or last) is not None:
            # `Name` beside `Vorname` is the surname, `nombre` beside `apellidos` the given name.
            whole, piece = self._take(full), self._take(part)
            if piece.casefold() in whole.casefold():
                return _line(whole), _line(piece) if first else None, None if first else _line(piece)
            names = (piece, whole) if first else (whole, piece)
            return display_name(*names), _line(names[0]), _line(names[1])
        if full is not None:
            return _line(self._take(full)), None, None
        texts = (self._take(first) if first else None, self._take(last) if last else None)
        return display_name(*texts), _line(texts[0]), _line(texts[1])

    def _guess_email(self) -> str | None:
        """An address under a name that says nothing, if there is one only."""
        fit = [leaf for leaf in self._unknown() if isinstance(leaf.value, str) and looks_like_email(leaf.value.strip())]
        distinct = {str(leaf.value).strip() for leaf in fit}
        return self._take_guess(fit[0]) if len(distinct) == 1 else None

    def _guess_phone(self) -> str | None:
        """A number with `+` or separators under a name that says nothing, if there is one only."""
        fit = [leaf for leaf in self._nameless() if _obvious_phone(str(leaf.value).strip())]
        return self._take_guess(fit[0]) if len(fit) == 1 else None

    def _guess_message(self) -> str | None:
        """The longest text of several words under a name that says nothing."""
        fit = [leaf for leaf in self._nameless() if len(str(leaf.value)) >= 20 and str(leaf.value).count(" ") >= 3]
        return self._take_guess(max(fit, key=lambda leaf: len(str(leaf.value)))) if fit else None

    def _unknown(self) -> Iterable[Leaf]:
        return [
            leaf for leaf in self._leaves if leaf.tier == 0 and not leaf.gone and not any(map(is_other, leaf.labels))
        ]

    def _nameless(self) -> list[Leaf]:
        return [leaf for leaf in self._unknown() if isinstance(leaf.value, str) and all(map(is_nameless, leaf.labels))]

    def _take_guess(self, leaf: Leaf) -> str:
        text = str(leaf.value).strip()
        self._remove([leaf])
        return text

    def _lift(self) -> None:
        """Moves unknown answers out of their wrappers, to the top of the body, and clears away what that empties."""
        for leaf in self._leaves:
            if leaf.movable and not leaf.gone and leaf.label not in self._body:
                self._body[leaf.label] = self._pop(leaf)
        for key, value in list(self._body.items()):
            if self._is_spent(value):
                del self._body[key]

    def _is_spent(self, value: JSON) -> bool:
        """Whether an answer was taken out of this and nothing but labels is left; clears spent parts on the way."""
        if isinstance(value, dict):
            spent = [key for key, held in value.items() if self._is_spent(held)]
            for key in spent:
                del value[key]
            opened = bool(spent) or id(value) in self._opened
            return opened and (not value or (self._opened.get(id(value), False) and only_a_label(value)))
        if isinstance(value, list) and any(isinstance(item, dict) for item in value):
            kept = [item for item in value if not self._is_spent(item)]
            spent_any = len(kept) < len(value)
            value[:] = kept
            return spent_any and not kept
        return False

    def _pop(self, leaf: Leaf) -> JSON:
        value = leaf.holder.pop(leaf.key, None)
        # The body lives as long as this object, so that the address of a part of it is its own.
        self._opened[id(leaf.holder)] = leaf.record
        # Elementor sends every value twice; the second one is the same answer.
        if value is not None and leaf.holder.get("raw_value") == value:
            del leaf.holder["raw_value"]
        return value

    def _remove(self, taken: Iterable[Leaf]) -> None:
        for leaf in taken:
            self._pop(leaf)


def _line(text: str | None) -> str | None:
    return " ".join(text.split()) if text else None


def _same_name(one: str, other: str | None) -> bool:
    return other is not None and " ".join(one.split()).casefold() == other.casefold()


def _obvious_phone(text: str) -> bool:
    return looks_like_phone(text) and (text[0] in "+(0" or any(mark in text for mark in " -/"))


def _attachments(body: Node) -> Iterable[Attachment]:
    for key, value in body.items():
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict) and isinstance(name := item.get("filename"), str):
                size, kind = item.get("size"), item.get("content_type")
                yield Attachment(
                    key,
                    name,
                    size if isinstance(size, int) and not isinstance(size, bool) else None,
                    kind if isinstance(kind, str) else None,
                )
