"""Results of a form: one table through versions and languages, and files that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import openpyxl

from tests.cast import Browser
from tests.features.forms.conftest import BOT, ROOF, Forms, contact, field, one_step
from tests.product import until

HOSTILE = [
    "=1+1", "+49 30 1", "-2", "@SUM(A1)", "\t=1", "\r=1", '"=1', "\u200b=1", "＝1", "a\nb", 'say "hi", he said', "#N/A",
]  # fmt: skip


def read_csv(content: bytes) -> list[list[str]]:
    assert content.startswith("\ufeff".encode())
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def read_xlsx(content: bytes) -> tuple[list[list[str]], set[str]]:
    """Rows, and the kinds of cells that there are."""
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    cells = [list(row) for row in sheet.iter_rows()]
    return [[str(cell.value or "") for cell in row] for row in cells], {c.data_type for row in cells for c in row}


async def two_versions(forms: Forms) -> dict[str, Any]:
    """A form with one answer to each of two versions; the second has another field, and German."""
    size = field("size", "select", required=True, options=[{"value": "s", "label": "Small"}])
    form = await forms.make(one_step(field("name"), size, title="Ask"), name="Märkte: Nord/Süd?")
    await forms.stored(await forms.tell(form, {"name": "Ada", "size": "s", "colour": "red"}))
    german = {"de": {"title": "Fragen", "fields": {"name": {"label": "Name"}}}}
    definition = one_step(field("name"), field("email", "email"), title="Ask", languages=german)
    read = (await forms.call("GET", f"/{form['id']}")).json()
    await forms.change(read, definition)

    async def taken() -> bool:
        # The first version refuses it for want of a size; what is refused is not stored.
        answer = await forms.tell(form, {"name": "Bo", "email": "bo@example.com", "_lang": "de"})
        return answer.status_code == 201

    await until(taken)
    return form


async def test_answers_of_all_versions_and_languages_stand_in_one_table(alice: Browser, forms: Forms) -> None:
    form = await two_versions(forms)
    page = (await alice.get(f"/forms/{form['id']}/results")).text
    assert [name in page for name in ("Ada", "Bo", "Small", "bo@example.com", "(former)", "2 results")] == [True] * 6
    rows = read_csv((await alice.get(f"/forms/{form['id']}/results.csv")).content)
    assert rows[0] == [
        "Submission", "Received", "State", "Name", "Email", "Size", "Language", "Page", "Form version", "Consents",
        "Lead", "Other answers",
    ]  # fmt: skip
    assert [[*row[3:7], row[8], row[11]] for row in rows[1:]] == [
        ["Bo", "bo@example.com", "", "de", "2", ""],
        ["Ada", "", "Small", "", "1", '{"colour":"red"}'],
    ]
    sheet = read_xlsx((await alice.get(f"/forms/{form['id']}/results.xlsx")).content)[0]
    # Spreadsheets know no time zones: their moments are what the workspace's clock showed.
    assert [row[:1] + row[2:] for row in sheet] == [row[:1] + row[2:] for row in rows]
    assert [row[1] for row in sheet[1:]] == [row[1].partition("+")[0] for row in rows[1:]]


async def test_a_file_has_the_rows_of_the_table_and_what_was_held_back_where_it_is_asked_for(
    alice: Browser, forms: Forms
) -> None:
    form = await forms.make(contact())
    await forms.stored(await forms.tell(form, ROOF))
    await forms.stored(await forms.tell(form, BOT))
    address = f"/forms/{form['id']}/results"
    page = (await alice.get(address)).text
    assert (f'href="{address}.csv"' in page, f'href="{address}.csv?held=1"' in page) == (True, True)
    assert ("SEO Expert" in page, "1 result" in page, "1 held back" in page) == (False, True, True)

    async def rows(query: str) -> list[list[list[str]]]:
        csv_rows = read_csv((await alice.get(f"{address}.csv{query}")).content)
        sheet, _ = read_xlsx((await alice.get(f"{address}.xlsx{query}")).content)
        return [[[row[2], row[3]] for row in found[1:]] for found in (csv_rows, sheet)]

    assert await rows("") == [[["received", "Ada Byron"]]] * 2
    assert await rows("?held=1") == [[["held back", "SEO Expert"], ["received", "Ada Byron"]]] * 2


async def test_numbers_days_and_ticks_are_such_however_they_were_sent(alice: Browser, forms: Forms) -> None:
    form = await forms.make(
        one_step(
            field("email", "email"), field("budget", "money", currency="EUR"), field("day", "date"),
            field("stars", "rating"), field("terms", "consent", label="", text="I agree to be called.", required=True),
        )
    )  # fmt: skip
    for sent in (
        {"budget": "12.500,50", "day": "2026-12-31", "stars": "4", "terms": "yes"},
        {"budget": "-250", "day": "", "stars": 5, "terms": True},
    ):
        await forms.stored(await forms.tell(form, {"email": "a@example.com", **sent}))
    rows = read_csv((await alice.get(f"/forms/{form['id']}/results.csv")).content)
    assert rows[0][3:8] == ["Email", "Budget", "Day", "Stars", "I agree to be called."]
    assert [row[4:8] for row in rows[1:]] == [["-250", "", "5", "yes"], ["12500.5", "2026-12-31", "4", "yes"]]
    content = (await alice.get(f"/forms/{form['id']}/results.xlsx")).content
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert [cell.value for cell in list(sheet.iter_rows())[2]][4:8] == [12500.5, datetime(2026, 12, 31), 4, "yes"]


async def test_a_file_is_named_after_the_form_and_never_shown_in_the_browser(alice: Browser, forms: Forms) -> None:
    form = await two_versions(forms)
    for ending, kind in (("csv", "text/csv"), ("xlsx", "application/vnd.openxml")):
        answer = await alice.get(f"/forms/{form['id']}/results.{ending}")
        told = answer.headers["content-disposition"]
        assert told.startswith('attachment; filename="Mrkte Nord Sd ')
        assert "filename*=UTF-8''M%C3%A4rkte%20Nord%20S%C3%BCd" in told
        assert told.endswith(f".{ending}")
        assert answer.headers["content-type"].startswith(kind)
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_nothing_that_was_typed_becomes_a_formula(alice: Browser, forms: Forms) -> None:
    form = await forms.make(contact())
    for text in HOSTILE:
        await forms.stored(await forms.tell(form, {"name": text, "email": "a@example.com", "message": text}))
    rows = read_csv((await alice.get(f"/forms/{form['id']}/results.csv?held=1")).content)
    starts = {cell.lstrip("\ufeff\u200b\u200c\u200d\u2060 ")[:1] for row in rows[1:] for cell in row}
    assert not starts & set("=+-@\t\r\n＝＋－＠")
    cells, kinds = read_xlsx((await alice.get(f"/forms/{form['id']}/results.xlsx?held=1")).content)
    assert len(cells) == len(HOSTILE) + 1
    assert kinds <= {"s", "n", "d", "inlineStr"}
    assert kinds.isdisjoint({"f", "e"})


async def test_a_long_list_comes_in_pages_and_whole_in_a_file(alice: Browser, forms: Forms) -> None:
    form = await forms.make(contact())
    for number in range(53):
        answer = await forms.tell(form, {"name": f"N{number}", "email": f"n{number}@example.com", "message": "Hello"})
        assert answer.status_code == 201
    first = (await alice.get(f"/forms/{form['id']}/results")).text
    assert (first.count("data-row"), "53 results" in first) == (50, True)
    following = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert (await alice.get(following)).text.count("data-row") == 3
    rows = read_csv((await alice.get(f"/forms/{form['id']}/results.csv")).content)
    assert sorted(row[3] for row in rows[1:]) == sorted(f"N{number}" for number in range(53))


async def test_an_empty_form_says_what_to_do_and_gives_an_empty_file(alice: Browser, forms: Forms) -> None:
    draft = await forms.make(contact(), publish=False)
    assert "Publish the form first" in (await alice.get(f"/forms/{draft['id']}/results")).text
    live = await forms.make(contact())
    assert "Waiting for the first submission" in (await alice.get(f"/forms/{live['id']}/results")).text
    assert len(read_csv((await alice.get(f"/forms/{live['id']}/results.csv")).content)) == 1


async def test_the_outsider_downloads_nothing(charlie: Browser, web: Browser, forms: Forms) -> None:
    form = await two_versions(forms)
    for path in ("results", "results.csv", "results.xlsx"):
        assert (await charlie.get(f"/forms/{form['id']}/{path}")).status_code == 404
        assert (await web.get(f"/forms/{form['id']}/{path}")).status_code in {303, 401}
