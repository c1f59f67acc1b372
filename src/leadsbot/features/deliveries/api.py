"""``/api/v1/deliveries``: what was sent where, how every attempt ended, and another try."""

from __future__ import annotations

from typing import Annotated

from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import QueryParameter

from leadsbot.features.deliveries import public, store
from leadsbot.features.deliveries.model import State
from leadsbot.features.deliveries.schemas import DeliveryLog, DeliveryOut, delivery_log, delivery_out
from leadsbot.infra.db.tx import TenantTx
from leadsbot.kit import ids
from leadsbot.kit.errors import Invalid, NotFound
from leadsbot.web.actor import Permission
from leadsbot.web.inject import Cursor, InTx, Limit
from leadsbot.web.pagination import Page, paged, position
from leadsbot.web.params import path_id, query_id
from leadsbot.web.routes import api

READ, WRITE = Permission.DELIVERIES_READ, Permission.DELIVERIES_WRITE
TAG = "Deliveries"
STATE = Schema(type=OpenAPIType.STRING, enum=list(State))
DeliveryId = Annotated[str, path_id(ids.DELIVERY, "The delivery")]
ONE = "/api/v1/deliveries/{delivery:str}"


@api("GET", "/api/v1/deliveries", needs=READ, summary="List deliveries", tag=TAG)
async def list_deliveries(
    tx: InTx,
    # Not named `state`: the framework keeps that name for itself, and its refusals would name ours.
    states: Annotated[
        list[str] | None,
        QueryParameter(
            name="state", description="One or more states.", max_items=len(State), schema_extra={"items": STATE}
        ),
    ] = None,
    lead: Annotated[str | None, query_id(ids.LEAD, "The id of a lead.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Page[DeliveryOut]:
    """Every message that was planned, the newest first."""
    lead_id = None
    if lead is not None:
        try:
            lead_id = ids.read(ids.LEAD, lead)
        except ids.InvalidId as error:
            raise Invalid("lead", error.detail) from None
    wanted = [_state(each) for each in states or ()]
    rows = await store.page(tx, states=wanted, lead_id=lead_id, before=position(cursor), limit=limit + 1)
    return paged(rows, limit, delivery_out, lambda each: (each.created_at, each.id))


@api("GET", ONE, needs=READ, errors=(404,), summary="Read a delivery", tag=TAG)
async def get_delivery(delivery: DeliveryId, tx: InTx) -> DeliveryLog:
    """One delivery with its attempts."""
    return await _log(tx, delivery)


@api("POST", f"{ONE}/retry", needs=WRITE, errors=(404, 409), status=200, summary="Try a delivery again", tag=TAG)
async def retry_delivery(delivery: DeliveryId, tx: InTx) -> DeliveryLog:
    """Makes a failed, uncertain or held delivery due now, under the same id. One that is due already stays so; one that
    was sent or cancelled is 409. An uncertain one may have arrived: trying it again can make a second message.
    """
    await public.resend(tx, ids.read(ids.DELIVERY, delivery))
    return await _log(tx, delivery)


def _state(name: str) -> State:
    try:
        return State(name)
    except ValueError:
        raise Invalid("state", f"The states are {', '.join(State)}.") from None


async def _log(tx: TenantTx, shown: str) -> DeliveryLog:
    found = await store.get(tx, ids.read(ids.DELIVERY, shown))
    if found is None:
        raise NotFound("There is no such delivery.")
    return delivery_log(found, await store.attempts(tx, found.id))


routes = (list_deliveries, get_delivery, retry_delivery)
