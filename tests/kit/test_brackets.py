"""Bracket notation in form-encoded names."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadsbot.kit.brackets import Tree, unfold
from leadsbot.kit.errors import Invalid


@pytest.mark.parametrize(
    ("pairs", "tree"),
    [
        ([("a", "1")], {"a": "1"}),
        ([("a", "1"), ("a", "2"), ("a", "3")], {"a": ["1", "2", "3"]}),
        ([("a[]", "1")], {"a": ["1"]}),
        ([("a[]", "1"), ("a[]", "2")], {"a": ["1", "2"]}),
        ([("fields[email][value]", "x")], {"fields": {"email": {"value": "x"}}}),
        ([("f[0][first]", "Ada"), ("f[0][last]", "L")], {"f": {"0": {"first": "Ada", "last": "L"}}}),
        ([("f[x][]", "1"), ("f[x][]", "2")], {"f": {"x": ["1", "2"]}}),
        ([("a", "1"), ("a[b]", "2")], {"a": {"": "1", "b": "2"}}),
        ([("a[b]", "2"), ("a", "1")], {"a": {"b": "2", "": "1"}}),
        ([("a[b", "1"), ("b]", "2"), ("[c]", "3"), ("d[e]f", "4")], {"a[b": "1", "b]": "2", "[c]": "3", "d[e]f": "4"}),
        ([("__proto__[x]", "1")], {"__proto__": {"x": "1"}}),
        ([], {}),
    ],
)
def test_names_unfold(pairs: list[tuple[str, str]], tree: dict[str, Tree]) -> None:
    assert unfold(pairs) == tree


def test_too_many_and_too_deep_are_refused() -> None:
    with pytest.raises(Invalid):
        unfold([("a", "1")] * 4, max_keys=3)
    with pytest.raises(Invalid) as caught:
        unfold([("a[b][c][d]", "1")], max_depth=3)
    assert caught.value.field == "a[b][c][d]"


def _leaves(tree: Tree) -> list[str]:
    if isinstance(tree, str):
        return [tree]
    held = tree.values() if isinstance(tree, dict) else tree
    return [leaf for each in held for leaf in _leaves(each)]


names = st.lists(st.sampled_from(["a", "b", "[a]", "[b]", "[]", "[", "]", "[0]"]), min_size=1, max_size=5).map("".join)


@given(st.lists(st.tuples(names, st.text(max_size=4)), max_size=12))
def test_no_value_is_lost(pairs: list[tuple[str, str]]) -> None:
    assert sorted(_leaves(unfold(pairs))) == sorted(value for _, value in pairs)
