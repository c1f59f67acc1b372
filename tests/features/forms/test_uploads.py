"""Files that come with a submission: what is taken, what is refused and how, who may have them, when they go."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from leadsbot.asgi import Application
from leadsbot.contracts.events import SubmissionReceived
from leadsbot.features.capture.jobs import purge_held
from leadsbot.features.capture.public import Submission, create_source, get_submission
from leadsbot.features.forms import handlers, jobs, store
from leadsbot.features.forms.actions import keep_files
from leadsbot.features.forms.files import NewFile
from leadsbot.features.forms.parts import Memory
from leadsbot.features.forms.public import uploads_of
from leadsbot.features.forms.receiving import FileReceiver
from leadsbot.features.leads.handlers import take_in
from leadsbot.infra.db.base import QUEUE
from leadsbot.infra.db.pool import Database
from leadsbot.infra.jobs.kinds import JobContext
from leadsbot.infra.services import Services
from leadsbot.infra.upkeep import QUEUE_DSN, Nothing
from leadsbot.kit import ids
from leadsbot.kit.ids import new_id
from leadsbot.testing.postgres import TestDatabase
from tests.cast import BASE, BROWSER, browser, services
from tests.features.forms.conftest import SCRIPT, Forms, field, one_step

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 4
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 500
ADA = {"name": "Ada", "email": "ada@example.com"}
Sent = tuple[str, tuple[str, bytes, str]]


def wants(**more: Any) -> dict[str, Any]:
    """A form for applications."""
    return one_step(
        field("name", required=True), field("email", "email"), field("cv", "file", **{"required": True, **more})
    )


def pdf(name: str = "cv.pdf", content: bytes = PDF, *, to: str = "cv", claimed: str = "application/pdf") -> Sent:
    return to, (name, content, claimed)


def new_file() -> NewFile:
    return NewFile(id=new_id(), field="cv", name="cv.pdf", media_type="application/pdf", sha256=b"", content=PDF)


class Files:
    """What visitors send to Alice's forms, and what becomes of it."""

    def __init__(self, forms: Forms) -> None:
        self.forms, self.db = forms, forms.db

    async def tell(
        self, form: dict[str, Any], *files: Sent, fields: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Post as a script does."""
        return await self.forms.web.http.post(
            f"/f/{form['key']}", data=ADA if fields is None else fields, files=list(files),
            headers={**SCRIPT, **headers},
        )  # fmt: skip

    async def send(self, form: dict[str, Any], *files: Sent, fields: dict[str, Any] | None = None) -> httpx.Response:
        """Post as a browser does."""
        headers = {**BROWSER, "origin": BASE}
        return await self.forms.web.http.post(
            f"/f/{form['key']}", data=ADA if fields is None else fields, files=list(files), headers=headers
        )

    async def taken(self, answer: httpx.Response) -> tuple[Submission, str]:
        """The submission after the workers have seen it, and its lead."""
        stored = await self.forms.stored(answer)
        workspace = self.forms.cast.workspace_id
        context = JobContext(services(self.db), workspace, 1, 1, 1)
        event = SubmissionReceived(submission_id=stored.id, source_id=stored.source_id)
        async with self.db.tenant(workspace) as tx:
            await handlers.after_submission(tx, context, event)
            await take_in(tx, context, event)
            found = await get_submission(tx, stored.id)
        assert found is not None
        assert found.lead_id is not None
        return found, ids.show(ids.LEAD, found.lead_id)

    async def count(self) -> int:
        async with self.db.tenant(self.forms.cast.workspace_id) as tx:
            return int(await tx.scalar(text("SELECT count(*) FROM form_upload")))

    async def uploads(self) -> list[UUID]:
        async with self.db.tenant(self.forms.cast.workspace_id) as tx:
            return list((await tx.execute(text("SELECT id FROM form_upload ORDER BY id"))).scalars())


@pytest.fixture
def files(forms: Forms) -> Files:
    return Files(forms)


def faults(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {each["field"]: each["message"] for each in answer.json()["errors"]}


async def test_files_come_with_their_submission_and_are_found_at_the_lead(files: Files, app: Application) -> None:
    form = await files.forms.make(wants(max=3))
    answer = await files.tell(form, pdf(), pdf("Grundriß „neu“.png", PNG, claimed="application/pdf"))
    stored, lead = await files.taken(answer)
    first, second = stored.fields["cv"]
    assert {**first, "upload": ""} == {
        "filename": "cv.pdf", "size": len(PDF), "content_type": "application/pdf", "upload": "",
    }  # fmt: skip
    assert (second["filename"], second["content_type"]) == ("Grundriß „neu“.png", "image/png")
    assert stored.fields["name"] == "Ada"

    http, alice = files.forms.web.http, files.forms.cast.alice
    listed = (await http.get(f"/api/v1/leads/{lead}/submissions", headers=alice.bearer)).json()["data"][0]
    assert [each["id"] for each in listed["uploads"]] == [first["upload"], second["upload"]]
    assert listed["uploads"][1] == {
        "id": second["upload"], "field": "cv", "name": "Grundriß „neu“.png", "size": len(PNG),
        "content_type": "image/png",
    }  # fmt: skip
    async with browser(app) as desk:
        await desk.sign_in(alice.email)
        page = (await desk.get(f"/leads/{lead}")).text
    assert f'href="/uploads/{first["upload"]}"' in page
    assert "cv.pdf</a>" in page
    assert "1 KB, application/pdf" in page


async def test_a_file_is_saved_under_its_name_and_never_shown(files: Files) -> None:
    form = await files.forms.make(wants())
    hostile = '../\u202e"><script>alert(1)</script>ß.pdf'
    stored, _ = await files.taken(await files.tell(form, pdf(hostile)))
    upload = stored.fields["cv"][0]["upload"]
    http, alice = files.forms.web.http, files.forms.cast.alice
    told = (await http.get(f"/api/v1/uploads/{upload}", headers=alice.bearer)).json()
    assert told["url"].startswith(f"{BASE}/files/")
    assert told["submission_id"] == ids.show(ids.SUBMISSION, stored.id)

    answer = await http.get(told["url"])
    assert answer.status_code == 200
    assert answer.content == PDF
    said = answer.headers
    assert said["x-content-type-options"] == "nosniff"
    assert said["content-security-policy"].startswith("sandbox;")
    assert said["cache-control"] == "private, no-store"
    assert "set-cookie" not in said
    found = re.fullmatch(r"attachment; filename=\"([ -~]+)\"; filename\*=UTF-8''(\S+)", said["content-disposition"])
    assert found is not None
    assert "<" not in unquote(found[2])
    assert "\u202e" not in unquote(found[2])
    assert unquote(found[2]).endswith("ß.pdf")


async def test_a_link_to_a_file_ends_soon_and_cannot_be_made_up(files: Files, app: Application) -> None:
    form = await files.forms.make(wants())
    stored, _ = await files.taken(await files.tell(form, pdf()))
    upload = stored.fields["cv"][0]["upload"]
    http = files.forms.web.http
    async with browser(app) as desk:
        await desk.sign_in(files.forms.cast.alice.email)
        leads = await desk.get(f"/uploads/{upload}")
    assert leads.status_code == 303
    link = leads.headers["location"]
    assert (await http.get(link)).content == PDF
    token = link.rpartition("/")[2]
    assert (await http.get(f"/files/{token[:-2]}xx")).status_code == 404
    signer = services(files.db).signer
    workspace, id = files.forms.cast.workspace_id, ids.read(ids.UPLOAD, upload)
    expired = signer.sign("forms.download", workspace.bytes + id.bytes, -1)
    assert (await http.get(f"/files/{expired}")).status_code == 404
    elsewhere = signer.sign("forms.download", files.forms.cast.charlie.workspace_id.bytes + id.bytes, 60)
    assert (await http.get(f"/files/{elsewhere}")).status_code == 404


async def test_outsiders_and_keys_without_the_scope_get_no_file(files: Files, app: Application) -> None:
    form = await files.forms.make(wants())
    stored, _ = await files.taken(await files.tell(form, pdf()))
    path = f"/api/v1/uploads/{stored.fields['cv'][0]['upload']}"
    cast, http = files.forms.cast, files.forms.web.http
    assert (await http.get(path)).status_code == 401
    assert (await http.get(path, headers=cast.charlie.bearer)).status_code == 404
    assert (await http.get(path, headers=cast.bob.bearer)).status_code == 200
    key = await http.post(
        "/api/v1/keys", json={"name": "sources", "scopes": ["sources:read"]}, headers=cast.alice.bearer
    )
    assert (await http.get(path, headers={"Authorization": f"Bearer {key.json()['key']}"})).status_code == 403
    async with browser(app) as charlie:
        await charlie.sign_in(cast.charlie.email)
        assert (await charlie.get(path.removeprefix("/api/v1"))).status_code == 404


async def test_what_a_file_is_decides_and_not_what_is_claimed(files: Files) -> None:
    form = await files.forms.make(wants(accept=["application/pdf", "image/*"]))
    for content in (b"MZ\x90 a program", b"<script>alert(1)</script>", b"<svg onload='x'/>", b"a,b\n1,2\n"):
        said = faults(await files.tell(form, pdf("cv.pdf", content)))
        assert said.keys() == {"cv"}
        assert "“cv.pdf”" in said["cv"]
        assert "PDF, JPEG" in said["cv"]
    assert (await files.tell(form, pdf("cv.exe", PNG, claimed="text/html"))).status_code == 201
    assert await files.count() == 1


async def test_what_is_common_is_taken_where_nothing_was_chosen(files: Files) -> None:
    form = await files.forms.make(wants())
    assert (await files.tell(form, pdf("note.txt", b"Hello", claimed="text/plain"))).status_code == 201
    assert faults(await files.tell(form, pdf("a.zip", b"PK\x05\x06" + bytes(18)))).keys() == {"cv"}


async def test_sizes_and_numbers_are_bounded_and_the_field_is_named(files: Files) -> None:
    form = await files.forms.make({**wants(max=2, max_bytes=2_000), "files_max_bytes": 3_000})
    big = faults(await files.tell(form, pdf("big.pdf", PDF + bytes(1_000))))
    assert "“big.pdf”" in big["cv"]
    assert "2 KB" in big["cv"]
    together = faults(await files.tell(form, pdf(content=PDF + bytes(900)), pdf(content=PDF + bytes(900))))
    assert "2.9 KB" in together["cv"]
    many = faults(await files.tell(form, pdf(), pdf(), pdf()))
    assert "2" in many["cv"]
    assert "empty" in faults(await files.tell(form, pdf(content=b"")))["cv"]
    assert faults(await files.tell(form, ("cv", ("", b"", "application/octet-stream")))) == {"cv": "Please add a file."}
    few = await files.forms.make(wants(min=2, max=3))
    assert faults(await files.tell(few, pdf())).keys() == {"cv"}
    assert await files.count() == 0
    assert (await files.tell(form, pdf(), pdf())).status_code == 201


async def test_a_form_with_files_takes_more_than_other_posts_and_not_without_end(files: Files) -> None:
    form = await files.forms.make({**wants(max_bytes=5_000_000), "files_max_bytes": 5_000_000})
    megabyte = PDF + bytes(1 << 20)
    assert (await files.tell(form, pdf(content=megabyte))).status_code == 201
    too_much = await files.tell(form, pdf(content=PDF + bytes(5_000_000)))
    assert faults(too_much).keys() == {"cv"}
    endless = await files.tell(form, pdf(content=bytes(40 << 20)))
    assert endless.status_code == 413
    text_only = await files.tell(form, pdf(), fields={**ADA, "message": "x" * 300_000})
    assert text_only.status_code == 413
    plain = await files.forms.make()
    assert (await files.tell(plain, pdf(content=megabyte), fields=ADA)).status_code == 413


async def test_a_person_sees_the_page_again_with_everything_typed(files: Files) -> None:
    form = await files.forms.make(wants(accept=["image/*"]))
    answer = await files.send(form, pdf(), fields={"name": "Ada <b>", "email": "ada@example.com"})
    assert answer.status_code == 422
    assert 'value="Ada &lt;b&gt;"' in answer.text
    assert 'value="ada@example.com"' in answer.text
    assert "“cv.pdf” is not a kind of file" in answer.text
    assert 'aria-invalid="true"' in answer.text
    right = await files.send(form, pdf("me.png", PNG), fields={"name": "", "email": "nobody"})
    assert right.status_code == 422
    assert "Please add the file again" in right.text
    assert "Please fill this in." in right.text
    assert await files.count() == 0
    assert (await files.send(form, pdf("me.png", PNG))).status_code == 303


async def test_a_file_that_is_not_what_its_name_says_is_told_so(files: Files) -> None:
    form = await files.forms.make(wants(accept=["image/png", "image/jpeg"]))
    for name, content, said in (
        ("photo.png", b"MZ" + bytes(9), "The content of “photo.png” is not what its name says. Possible: PNG, JPEG."),
        ("photo.JPG", b"just text", "The content of “photo.JPG” is not what its name says. Possible: PNG, JPEG."),
        ("cv.pdf", PDF, "“cv.pdf” is not a kind of file that can be added here. Possible: PNG, JPEG."),
    ):
        refused = await files.tell(form, pdf(name, content))
        assert [each["message"] for each in refused.json()["errors"]] == [said]
    # Of two kinds that are both taken, nobody minds which a file is called by.
    assert (await files.tell(form, pdf("photo.jpg", PNG))).status_code == 201


async def test_names_of_fields_and_texts_arrive_as_without_files(files: Files) -> None:
    form = await files.forms.make(wants(max=2))
    fields = {**ADA, 'a "b"': "quoted", "x[y]": "deep", "Straße": "ß €", "list": ["1", "2"], "t": "line\r\nline"}
    stored, _ = await files.taken(await files.tell(form, pdf(to="cv[]"), pdf("b.pdf", to="cv[]"), fields=fields))
    assert len(stored.fields["cv"]) == 2
    kept = {name: value for name, value in stored.fields.items() if name != "cv"}
    assert kept == {
        **ADA, 'a "b"': "quoted", "x": {"y": "deep"}, "Straße": "ß €", "list": ["1", "2"], "t": "line\r\nline",
    }  # fmt: skip


async def test_a_file_that_nobody_asked_for_is_named_but_not_kept(files: Files) -> None:
    form = await files.forms.make(wants())
    stored, _ = await files.taken(await files.tell(form, pdf(), pdf("other.pdf", to="extra")))
    assert stored.fields["extra"] == {
        "filename": "other.pdf", "size": str(len(PDF)), "content_type": "application/pdf",
    }  # fmt: skip
    assert await files.count() == 1


async def test_a_file_of_a_field_that_was_not_shown_is_kept_and_a_made_up_one_is_not(files: Files) -> None:
    when = [[{"field": "name", "op": "is", "value": "Eve"}]]
    form = await files.forms.make(wants(show_if=when))
    stored, _ = await files.taken(await files.tell(form, pdf()))
    assert stored.fields["cv"][0]["filename"] == "cv.pdf"
    made_up = await files.forms.stored(await files.forms.tell(form, {**ADA, "cv": "anything"}))
    assert "cv" not in made_up.fields


async def test_the_widget_sends_its_json_with_the_files_and_a_repeat_changes_nothing(files: Files) -> None:
    form = await files.forms.make(wants(max=2))
    body = {"fields": {**ADA, "age": 7}, "context": {"page": "https://shop.example/"}, "_key": "k-1", "_lang": "en"}

    async def post(**more: Any) -> httpx.Response:
        told = json.dumps({**body, **more})
        return await files.forms.web.http.post(
            f"/api/capture?token={form['key']}", data={"_body": told},
            files=[pdf(), pdf("b.png", PNG)], headers={"origin": "https://shop.example"},
        )  # fmt: skip

    first, second = await post(), await post()
    assert (first.status_code, second.status_code) == (201, 200), second.text
    assert first.json()["id"] == second.json()["id"]
    assert first.headers["access-control-allow-origin"] == "https://shop.example"
    stored, _ = await files.taken(first)
    assert stored.fields["age"] == 7
    assert stored.context["page"] == "https://shop.example/"
    assert [each["filename"] for each in stored.fields["cv"]] == ["cv.pdf", "b.png"]
    assert await files.count() == 2
    wrong = await post(fields={"name": ""})
    assert faults(wrong) == {"name": "Please fill this in."}
    assert wrong.headers["access-control-allow-origin"] == "https://shop.example"
    assert (await post(fields="x")).status_code in (201, 422)
    broken = await files.forms.web.http.post(f"/api/capture?token={form['key']}", data={"_body": "{"}, files=[pdf()])
    assert broken.status_code == 400


async def test_a_reference_to_a_file_works_for_nobody_else(files: Files) -> None:
    form = await files.forms.make(wants(required=False))
    stored, _ = await files.taken(await files.tell(form, pdf()))
    theirs = stored.fields["cv"][0]
    for forged in (theirs, [theirs], theirs["upload"], [theirs["upload"]]):
        assert faults(await files.forms.tell(form, {**ADA, "cv": forged})).keys() == {"cv"}


async def test_forms_that_take_no_such_post_refuse_it_without_keeping_anything(files: Files) -> None:
    form = await files.forms.make(wants(), allowed_origins=["https://shop.example"])
    assert (await files.tell(form, pdf())).status_code == 403
    taken = await files.tell(form, pdf(), origin="https://shop.example")
    assert taken.status_code == 201
    await files.forms.call("POST", f"/{form['id']}/close")
    assert (await files.tell(form, pdf(), origin="https://shop.example")).status_code == 410
    missing = await files.forms.web.http.post("/f/0000000000000000000000", files=[pdf()], headers=SCRIPT)
    assert missing.status_code == 404
    other = await files.forms.make(wants())
    for kind, body in (("multipart/form-data; boundary=x", b"--x\r\nnonsense"), ("multipart/form-data", b"")):
        broken = await files.forms.web.http.post(
            f"/f/{other['key']}", content=body, headers={**SCRIPT, "content-type": kind}
        )
        assert broken.status_code == 400, kind
    assert await files.count() == 1


async def test_a_file_whose_submission_never_came_goes_and_one_that_is_named_stays(files: Files) -> None:
    form = await files.forms.make(wants())
    named = await files.forms.stored(await files.tell(form, pdf("named.pdf")))
    context = JobContext(services(files.db), files.forms.cast.workspace_id, 1, 1, 1)
    lost = new_id()
    async with files.db.tenant(files.forms.cast.workspace_id) as tx:
        await tx.execute(
            text(
                "INSERT INTO form_upload (workspace_id, id, source_id, field, name, media_type, size, sha256, content) "
                "SELECT workspace_id, :lost, source_id, field, 'lost.pdf', media_type, size, sha256, content "
                "FROM form_upload"
            ),
            {"lost": lost},
        )
        due = (await tx.execute(
            text("SELECT due_at - clock_timestamp() FROM job WHERE kind = 'forms.drop_orphans' AND workspace_id = :w"),
            {"w": files.forms.cast.workspace_id},
        )).scalars().all()  # fmt: skip
    assert all(timedelta(hours=23) < each < timedelta(hours=25) for each in due)
    assert len(due) == 1
    all_of_them = await files.uploads()
    assert lost in all_of_them

    async with files.db.tenant(files.forms.cast.workspace_id) as tx:
        await jobs.drop_orphans(tx, context, jobs.Files(all_of_them))
    async with files.db.tenant(files.forms.cast.workspace_id) as tx:
        kept = await uploads_of(tx, [named.id])
    assert [each.name for each in kept[named.id]] == ["named.pdf"]
    assert await files.count() == 1


async def test_files_go_with_their_submission(files: Files) -> None:
    form = await files.forms.make(wants())
    stored, _ = await files.taken(await files.tell(form, pdf()))
    async with files.db.tenant(files.forms.cast.workspace_id) as tx:
        await tx.execute(text("DELETE FROM submission WHERE id = :id"), {"id": stored.id})
    assert await files.count() == 0


async def test_files_of_what_was_held_back_go_with_it(fresh_database: TestDatabase, fresh_db: Database) -> None:
    workspace, submission, file = new_id(), new_id(), new_file()
    async with fresh_db.tenant(workspace) as tx:
        source = await create_source(tx, "form", "Contact")
        await keep_files(tx, source.id, [file])
        await tx.execute(
            text(
                "INSERT INTO submission (workspace_id, id, source_id, fields, context, body_hash, quarantined, "
                "received_at, lawful_basis, notice_version) VALUES (:w, :id, :source, '{}', '{}', '', true, "
                "now() - interval '31 days', 'consent', '1')"
            ),
            {"w": workspace, "id": submission, "source": source.id},
        )
        await store.claim_uploads(tx, source.id, submission, [file.id])
    given = services(fresh_db, extra={QUEUE_DSN: fresh_database.of(QUEUE)})
    await purge_held(JobContext(given, None, 1, 1, 1), Nothing())
    async with fresh_db.tenant(workspace) as tx:
        assert await tx.scalar(text("SELECT count(*) FROM submission")) == 0
        assert await tx.scalar(text("SELECT count(*) FROM form_upload")) == 0


async def test_a_file_is_named_in_thanks_and_results(files: Files, app: Application) -> None:
    ending = {"id": "end", "title": "Thank you", "text": "We read {cv}."}
    form = await files.forms.make({**wants(max=2), "endings": [ending]})
    answer = await files.tell(form, pdf("my.pdf"), pdf("photo.png", PNG))
    assert answer.json()["ending"]["text"] == "We read my.pdf, photo.png."
    async with browser(app) as desk:
        await desk.sign_in(files.forms.cast.alice.email)
        table = await desk.get(f"/forms/{form['id']}/results.csv")
    assert '"my.pdf, photo.png"' in table.text
    assert "upl_" not in table.text


async def test_a_refused_file_is_counted_with_its_source(files: Files, app: Application) -> None:
    form = await files.forms.make(wants())
    counted: list[tuple[str, Any]] = []

    class Observer:
        def observe(self, outcome: str, seconds: float, about: Any) -> None:
            counted.append((outcome, about.id))

    front = FileReceiver(
        _services(app), app.capture, route=lambda scope: ("form", form["key"]), refill=app._refill,
        observer=Observer(),
    )  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=front), base_url=BASE) as http:  # type: ignore[arg-type]
        await http.post(f"/f/{form['key']}", data=ADA, files=[pdf(content=b"MZ")], headers=SCRIPT)
        await http.post(f"/f/{form['key']}", data=ADA, files=[pdf(content=b"MZ")], headers={**BROWSER, "origin": BASE})
    source = ids.read(ids.SOURCE, form["source"])
    assert counted == [("invalid_answers", source), ("invalid", source)]


async def test_a_page_says_what_it_takes(files: Files) -> None:
    form = await files.forms.make(wants(max=3, max_bytes=1_500_000, accept=["application/pdf"]))
    page = (await files.forms.see(form)).text
    assert "PDF. Up to 3 files of at most 1.4 MB each" in page
    assert 'enctype="multipart/form-data"' in page
    single = await files.forms.make(wants(max_bytes=1_500_000))
    usual = (await files.forms.see(single)).text
    assert re.search(r"PDF, DOC, DOCX, [\w, ]+ JPEG, PNG, [\w, ]+\. One file of at most 1.4 MB", usual)
    assert 'accept="application/pdf"' in page


async def test_other_workspaces_see_no_file(files: Files) -> None:
    form = await files.forms.make(wants())
    stored, _ = await files.taken(await files.tell(form, pdf()))
    async with files.db.tenant(files.forms.cast.charlie.workspace_id) as tx:
        assert await tx.scalar(text("SELECT count(*) FROM form_upload")) == 0
        assert await uploads_of(tx, [stored.id]) == {}


async def test_a_flood_of_files_is_answered_with_try_later(files: Files, app: Application) -> None:
    form = await files.forms.make(wants())
    full = FileReceiver(
        _services(app), app.capture, route=lambda scope: ("form", form["key"]), refill=app._refill,
        memory=Memory(size=100),
    )  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=full), base_url=BASE) as http:  # type: ignore[arg-type]
        answer = await http.post(f"/f/{form['key']}", data=ADA, files=[pdf()], headers=SCRIPT)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert await files.count() == 0


def _services(app: Application) -> Services:
    return app.files._services


def chunks(content: bytes, size: int) -> Sequence[bytes]:
    held = io.BytesIO(content)
    return list(iter(lambda: held.read(size), b""))


async def test_a_post_may_arrive_in_any_pieces(files: Files) -> None:
    form = await files.forms.make(wants())
    body = (
        b'--cut\r\nContent-Disposition: form-data; name="name"\r\n\r\nAda\r\n'
        b'--cut\r\nContent-Disposition: form-data; name="cv"; filename="cv.pdf"\r\nContent-Type: a/b\r\n\r\n'
        + PDF + b"\r\n--cut--\r\n"
    )  # fmt: skip
    for size in (1, 7, 64):

        async def pieces(size: int = size) -> Any:
            for chunk in chunks(body, size):
                yield chunk

        answer = await files.forms.web.http.post(
            f"/f/{form['key']}", content=pieces(),
            headers={**SCRIPT, "content-type": "multipart/form-data; boundary=cut"},
        )  # fmt: skip
        stored, _ = await files.taken(answer)
        assert stored.fields["cv"][0]["size"] == len(PDF)
