"""Unfolding of bracket notation in form-encoded names: `fields[email][value]` becomes nested dictionaries."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

from leadsbot.kit.errors import Invalid

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"


def unfold(pairs: Iterable[tuple[str, str]], max_depth: int = 8, max_keys: int = 1000) -> dict[str, Tree]:
    """The pairs of a form body, in the order sent, as a tree.

    `a=1&a=2` and `a[]=1&a[]=2` give `{"a": ["1", "2"]}`; `a[]=1` gives `{"a": ["1"]}`; `a[b][c]=1` gives
    `{"a": {"b": {"c": "1"}}}`; numbers in brackets are names like any other (`{"0": …}`). A name whose brackets do
    not close is taken as it is. Where `a` is sent as a value and as `a[b]`, the value is kept under the empty
    name `""`: no value is ever lost. More than `max_keys` pairs or deeper nesting than `max_depth` is `Invalid`.
    """
    root: dict[str, Tree] = {}
    for count, (name, value) in enumerate(pairs, 1):
        if count > max_keys:
            raise Invalid(None, f"There are more than {max_keys} fields.", code="too_many_fields")
        if "[" not in name:
            _put(root, name, value, in_list=False)
            continue
        path = _split(name)
        if len(path) > max_depth:
            raise Invalid(name[:80], f"The name is nested more than {max_depth} deep.", code="too_deep")
        in_list = len(path) > 1 and path[-1] == ""
        if in_list:
            path.pop()
        node = root
        for part in path[:-1]:
            node = _down(node, part)
        _put(node, path[-1], value, in_list=in_list)
    return root


def _split(name: str) -> list[str]:
    """`a[b][]` as `["a", "b", ""]`; a name of another form as one part."""
    head, _, rest = name.partition("[")
    if not head or not rest.endswith("]"):
        return [name]
    parts = rest[:-1].split("][")
    if any("[" in part or "]" in part for part in parts):
        return [name]
    return [head, *parts]


def _down(node: dict[str, Tree], part: str) -> dict[str, Tree]:
    """The dictionary under that name, made if need be; a value already there moves to its empty name."""
    held = node.get(part)
    if isinstance(held, dict):
        return held
    below: dict[str, Tree] = {} if held is None else {"": held}
    node[part] = below
    return below


def _put(node: dict[str, Tree], part: str, value: str, *, in_list: bool) -> None:
    held = node.get(part)
    if held is None:
        node[part] = [value] if in_list else value
    elif isinstance(held, list):
        held.append(value)
    elif isinstance(held, dict):
        _put(held, "", value, in_list=in_list)
    else:
        node[part] = [held, value]
