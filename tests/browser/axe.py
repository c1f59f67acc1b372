"""axe-core in a page of any policy, with the size of targets, into every open shadow root."""

from __future__ import annotations

from typing import Any

from playwright.async_api import Page

import hatch_build

AXE = hatch_build.FRONTEND / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = ["color-contrast", "link-in-text-block"]
"""The rules among them that may judge a page in the dark in another way than in the light."""
RUN = """async ([tags, colours, within]) => {
    // The size of targets is judged only when it is asked for by name.
    const found = await axe.run(within, colours
        ? { runOnly: {type: "rule", values: colours} }
        : { runOnly: {type: "tag", values: tags}, rules: {"target-size": {enabled: true}} });
    const faults = found.violations.flatMap(rule => rule.nodes.map(
        node => `${rule.id} at ${node.target.join(" ")}: ${node.failureSummary}`));
    return [found.passes.length, faults];
}"""


async def faults(page: Page, within: Any = None, *, colours: bool = False) -> list[str]:
    """What axe finds, in the whole page or in an element; by the rules about colours alone where the same page was
    judged by all of them in other colours."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(AXE.read_text())
    passed, found = await page.evaluate(RUN, [TAGS, COLOURS if colours else None, within or "html"])
    assert passed > (0 if colours else 5), "axe judged next to nothing"
    return list(found)
