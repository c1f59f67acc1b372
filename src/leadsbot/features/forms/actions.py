"""Every write to forms and their files. A form is a draft that is saved again and again, and versions that are
published and stay."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from leadsbot.contracts.events import FormPublished, PartialSaved
from leadsbot.features.accounts.public import workspace_settings
from leadsbot.features.capture import public as capture
from leadsbot.features.capture.public import Kind, Source
from leadsbot.features.forms import beginnings, store
from leadsbot.features.forms import definition as definitions
from leadsbot.features.forms.consents import carried
from leadsbot.features.forms.definition import Definition
from leadsbot.features.forms.files import NewFile, named, of_files
from leadsbot.features.forms.findings import NotReady
from leadsbot.features.forms.lint import lint
from leadsbot.features.forms.model import Form, FormRecord, form_of, stamped, titled, unstamped
from leadsbot.infra.db.tx import TenantTx
from leadsbot.infra.events.log import emit
from leadsbot.kit.errors import Conflict, Invalid, NotFound
from leadsbot.kit.ids import PARTIAL, UPLOAD, new_id, read, show, token
from leadsbot.kit.text import clean

COPIED: Final = (
    "allowed_origins", "redirect_allow", "country", "max_body", "settings", "checks", "lawful_basis", "notice_version",
)  # fmt: skip
"""What a duplicate takes over from the source of the form."""

ONE_REQUEST: Final = timedelta(minutes=15)
"""A file and the submission that names it come with one request: so far apart they can be at most."""


class Stale(Conflict):
    """Somebody saved a newer draft in the meantime."""

    code = "stale"
    title = "There is a newer draft"

    def __init__(self, revision: int) -> None:
        super().__init__(
            f"Somebody saved a newer draft, revision {revision}. Load it and repeat your change.",
            headers={"ETag": f'"{revision}"'},
        )
        self.revision = revision


async def create_form(
    tx: TenantTx,
    definition: Definition,
    *,
    name: str = "",
    by: str = "system",
    source_id: UUID | None = None,
    publish_now: bool = True,
    **options: Any,
) -> Form:
    """Make a form and the source that it belongs to, which takes its ``name`` (or title) and these ``options``.

    A definition that may be published is published as version 1. Until a form is published its source is closed, so
    nothing comes in past it. With ``source_id`` a form is designed for a source of the kind ``form`` that exists and
    has none: what is posted there goes on as before until the first publishing. Raises Invalid, NotFound or Conflict.
    """
    definition = definitions.cleaned(definition)
    if source_id is None:
        title = name or definition.title or "Form"
        source = await capture.create_source(tx, Kind.FORM, title, by=by, **options)
    else:
        source = await _undesigned(tx, source_id)
    form_id = new_id()
    if not await store.add_form(tx, form_id, source.id, definitions.encode(definition)):
        raise Conflict("This source has a form already. Change that one.")
    if publish_now and not lint(definition, source.redirect_allow).errors:
        return await publish(tx, form_id, by=by)
    if source_id is None:
        await capture.close_source(tx, source.id, by=by)
    return await _whole(tx, form_id)


async def save_draft(tx: TenantTx, form_id: UUID, definition: Definition, *, revision: int, by: str = "system") -> Form:
    """Save a draft that was made from this ``revision``. Raises Stale, naming the newer one, when there is one."""
    draft = definitions.encode(definitions.cleaned(definition))
    if not await store.save_draft(tx, form_id, draft, revision):
        raise Stale((await _record(tx, form_id)).revision)
    return await _whole(tx, form_id)


async def rename(tx: TenantTx, form_id: UUID, name: str, *, by: str = "system") -> Form:
    """Give a form another name for the team."""
    before = await _whole(tx, form_id)
    await capture.update_source(tx, before.source.id, by=by, name=name)
    await follow_name(tx, before, by=by)
    return await _whole(tx, form_id)


async def follow_name(tx: TenantTx, before: Form, *, by: str = "system") -> None:
    """Let the title of a form that nobody saw yet follow its new name, unless somebody wrote another title."""
    now = await _whole(tx, before.id)
    draft = titled(now.draft, now.name, before.name)
    if now.live_version is None and draft != now.draft:
        await save_draft(tx, now.id, draft, revision=now.revision, by=by)


async def publish(
    tx: TenantTx, form_id: UUID, *, by: str = "system", note: str = "", revision: int | None = None
) -> Form:
    """Make the draft the version that visitors see, within a second of the commit. Nothing happens when it is already.

    With ``revision`` only that draft is published (Stale otherwise). Raises NotReady with everything that is in the
    way. The first publishing opens the source.
    """
    record = await _record(tx, form_id, lock=True)
    if revision is not None and record.revision != revision:
        raise Stale(record.revision)
    source = await _source(tx, record)
    if record.live_version is not None and not form_of(record, source).changed:
        return form_of(record, source)
    draft = definitions.decode(record.draft)
    report = lint(draft, source.redirect_allow)
    if report.errors:
        raise NotReady(report)
    version = await store.newest_version(tx, form_id) + 1
    live = definitions.decode(source.form["definition"]) if source.form else None
    return await _go_live(tx, record, source, stamped(draft, live, version), version, by=by, note=note)


async def roll_back(tx: TenantTx, form_id: UUID, version: int, *, by: str = "system", note: str = "") -> Form:
    """Publish an earlier version once more, as a new one. A draft that nobody published stays as it is; otherwise it
    becomes the same. Raises NotReady where the world has changed so that it cannot be published any more (a thank-you
    page that is not allowed now)."""
    record = await _record(tx, form_id, lock=True)
    earlier = await store.get_version(tx, form_id, version)
    if earlier is None:
        raise NotFound("There is no such version.")
    source = await _source(tx, record)
    report = lint(earlier.definition, source.redirect_allow)
    if report.errors:
        raise NotReady(report)
    newest = await store.newest_version(tx, form_id) + 1
    form, draft = form_of(record, source), None
    if form.changed and source.form:
        draft = unstamped(form.draft, definitions.decode(source.form["definition"]))
    return await _go_live(
        tx, record, source, earlier.definition, newest, by=by, note=note or f"Back to version {version}", draft=draft
    )


async def discard_draft(tx: TenantTx, form_id: UUID, *, revision: int | None = None) -> Form:
    """Throw the changes since the last publishing away. Raises Conflict before the first one."""
    record = await _record(tx, form_id, lock=True)
    if revision is not None and record.revision != revision:
        raise Stale(record.revision)
    source = await _source(tx, record)
    if record.live_version is None or not source.form:
        raise Conflict("This form was not published yet: there is nothing to go back to.")
    if form_of(record, source).changed:
        await store.save_draft(tx, form_id, source.form["definition"], record.revision)
    return await _whole(tx, form_id)


async def duplicate(tx: TenantTx, form_id: UUID, *, name: str = "", by: str = "system") -> Form:
    """A new form from the draft of another one, with the same settings of its source; it is not published."""
    record = await _record(tx, form_id)
    source = await _source(tx, record)
    options = {each: getattr(source, each) for each in COPIED}
    return await create_form(
        tx, definitions.decode(record.draft), name=name or f"Copy of {source.name}"[:200], by=by, publish_now=False,
        **options,
    )  # fmt: skip


async def close(tx: TenantTx, form_id: UUID, *, by: str = "system") -> Form:
    """Take no more submissions: 410 from now on. What came in stays. Closing twice changes nothing."""
    record = await _record(tx, form_id)
    await capture.close_source(tx, record.source_id, by=by)
    return await _whole(tx, form_id)


async def reopen(tx: TenantTx, form_id: UUID, *, by: str = "system") -> Form:
    """Take submissions again at the same address. Raises Conflict for a form that was not published or is full."""
    record = await _record(tx, form_id)
    if record.live_version is None:
        raise Conflict("This form was not published yet. Publish it: that opens it.")
    form = form_of(record, await _source(tx, record))
    if await full(tx, form):
        raise Conflict("This form has as many submissions as it may have. Publish a higher maximum, then open it.")
    await capture.reopen_source(tx, record.source_id, by=by)
    return await _whole(tx, form_id)


async def delete(tx: TenantTx, form_id: UUID, *, by: str = "system") -> None:
    """Delete a closed form with its versions. Its source stays, closed, and so does what came in. Raises Conflict for
    an open one."""
    record = await _record(tx, form_id, lock=True)
    source = await _source(tx, record)
    if source.open:
        raise Conflict("This form is open. Close it first; then it can be deleted.")
    await store.delete_form(tx, form_id)
    await capture.update_source(tx, source.id, by=by, form=None)


async def keep_files(tx: TenantTx, source_id: UUID, files: Sequence[NewFile]) -> None:
    """Store files whose submission is about to come; keeping the same ones again changes nothing."""
    await store.add_uploads(tx, source_id, files)


async def claim_files(tx: TenantTx, form: Form, submission_id: UUID) -> None:
    """Give the files that a submission names to it. May be asked again and again."""
    live = public_definition(form)
    if live is None or not of_files(live):
        return
    submission = await capture.get_submission(tx, submission_id)
    if submission is not None and (uploads := named(submission.fields, live)):
        await store.claim_uploads(tx, form.source.id, submission_id, uploads)


async def drop_orphans(tx: TenantTx, uploads: Collection[UUID]) -> None:
    """Delete those of these files that no submission names: it was refused, or never came.

    One that is named and was not given to its submission (the form changed meanwhile, the worker failed) is given
    to it now instead.
    """
    orphans = []
    for upload, source, since in await store.unclaimed_uploads(tx, uploads):
        owner = await capture.submission_naming(
            tx, source, show(UPLOAD, upload), since - ONE_REQUEST, since + ONE_REQUEST
        )
        if owner is None:
            orphans.append(upload)
        else:
            await store.claim_uploads(tx, source, owner, [upload])
    await store.drop_uploads(tx, orphans)


async def keep_beginning(
    tx: TenantTx, form: Form, answers: Mapping[str, Any], step: str, code: str = ""
) -> tuple[str, UUID] | None:
    """Keep what somebody filled in so far; returns the code that only they get, and the id of the beginning.

    With the ``code`` of an earlier time that one is replaced. None where the form keeps no beginnings, nothing was
    filled in or the form has more of them than it may have. Raises Invalid for what cannot be stored.
    """
    live = public_definition(form)
    if live is None or not live.partials:
        return None
    said = beginnings.kept(answers, live)
    values = {"version": form.live_version, "answers": said, "step": beginnings.step_of(step, live)}
    mark = beginnings.hashed(code)
    known = await store.beginning(tx, form.id, mark) if mark else None
    if known is not None and await store.change_beginning(tx, known.id, **values):
        return code, known.id
    if not said or (await store.count_beginnings(tx, form.id)).get(form.id, 0) >= beginnings.MOST:
        return None
    made, new = token(), new_id()
    await store.add_beginning(tx, new, form.id, sha256(made.encode()).digest(), **values)
    await emit(tx, PartialSaved(partial_id=new, form_id=form.id))
    return made, new


async def end_beginning(tx: TenantTx, form: Form, submission_id: UUID) -> None:
    """Forget the beginning that a submission says it was. May be asked again and again."""
    live = public_definition(form)
    if live is None or not live.partials:
        return
    submission = await capture.get_submission(tx, submission_id)
    said = submission.context.get(beginnings.CONTEXT) if submission is not None else None
    if isinstance(said, str):
        with suppress(NotFound):
            await store.drop_beginning(tx, form.id, read(PARTIAL, said))


def public_definition(form: Form) -> Definition | None:
    """What visitors see of a form; None before it was published."""
    return definitions.decode(form.source.form["definition"]) if form.source.form else None


async def live_form(tx: TenantTx, source_id: UUID) -> Form | None:
    """The form of a source, if it was published."""
    record = await store.form_of_source(tx, source_id)
    if record is None or record.live_version is None:
        return None
    return form_of(record, await _source(tx, record))


async def close_when_full(tx: TenantTx, form: Form) -> None:
    """Close a form that has as many submissions as it may have. May be asked again and again."""
    if form.source.open and await full(tx, form):
        await capture.close_source(tx, form.source.id)


async def full(tx: TenantTx, form: Form) -> bool:
    """Whether a form has as many submissions as its live version allows; those in quarantine do not count."""
    most = (form.source.form or {}).get("definition", {}).get("max_submissions")
    return most is not None and await capture.submissions_up_to(tx, form.source.id, most) >= most


async def _go_live(
    tx: TenantTx, record: FormRecord, source: Source, definition: Definition, version: int, *, by: str, note: str,
    draft: Definition | None = None,
) -> Form:  # fmt: skip
    data = definitions.encode(definition)
    await store.add_version(tx, record.id, version, data, note=clean(note, "note", 500), by=by)
    await store.set_live(tx, record.id, version, definitions.encode(draft) if draft else data)
    country = (await workspace_settings(tx)).country
    consents = carried(source.form, definition, version)
    form = {"version": version, "definition": data, "country": country, "consents": consents}
    await capture.update_source(tx, source.id, by=by, form=form)
    if record.live_version is None and not source.open:
        await capture.reopen_source(tx, source.id, by=by)
    await emit(tx, FormPublished(form_id=record.id, live_version=version), by=by)
    return await _whole(tx, record.id)


async def _undesigned(tx: TenantTx, source_id: UUID) -> Source:
    source = await capture.get_source(tx, source_id)
    if source is None:
        raise NotFound("There is no such source.")
    if source.kind != Kind.FORM:
        raise Invalid("source", "A form can be designed for a source of the kind form only.")
    return source


async def _record(tx: TenantTx, form_id: UUID, *, lock: bool = False) -> FormRecord:
    record = await store.get_form(tx, form_id, lock=lock)
    if record is None:
        raise NotFound("There is no such form.")
    return record


async def _source(tx: TenantTx, record: FormRecord) -> Source:
    source = await capture.get_source(tx, record.source_id)
    if source is None:
        raise NotFound("There is no such form.")
    return source


async def _whole(tx: TenantTx, form_id: UUID) -> Form:
    record = await _record(tx, form_id)
    return form_of(record, await _source(tx, record))
