"""What PostgreSQL says about a schema, as facts that can be compared: the referee between models and migrations.

Alembic compares tables and columns. It does not see policies, grants, storage parameters, the predicate of a partial
index or the body of a function, and a mistake in one of those shows a lead to a stranger.
"""

from __future__ import annotations

from typing import NamedTuple

import asyncpg


class Fact(NamedTuple):
    """One thing in the schema: what it is, which table it belongs to, its name."""

    kind: str
    table: str
    name: str


_TABLES = """
SELECT c.oid, c.relname FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
    AND c.relname <> 'alembic_version' AND c.relname !~ '_[0-9]{8}$'"""
"""Without the partitions of single days, whose names depend on the day."""

QUERIES = {
    "table": f"""
        SELECT t.relname, '', concat_ws(' ', c.relkind, c.relpersistence, c.relrowsecurity, c.relforcerowsecurity,
            pg_get_partkeydef(c.oid), pg_get_expr(c.relpartbound, c.oid), pg_get_userbyid(c.relowner))
        FROM ({_TABLES}) t JOIN pg_class c ON c.oid = t.oid""",
    "storage": f"""
        SELECT t.relname, '', array_to_string(c.reloptions, ', ')
        FROM ({_TABLES}) t JOIN pg_class c ON c.oid = t.oid WHERE c.reloptions IS NOT NULL""",
    "column": f"""
        SELECT t.relname, a.attname, concat_ws(' ', format_type(a.atttypid, a.atttypmod),
            CASE WHEN a.attnotnull THEN 'NOT NULL' END, 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid),
            nullif(a.attidentity, ''), nullif(a.attgenerated, ''), n.collname)
        FROM ({_TABLES}) t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
        LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
        LEFT JOIN pg_collation n ON n.oid = a.attcollation AND n.collname <> 'default'""",
    "constraint": f"""
        SELECT t.relname, k.conname, pg_get_constraintdef(k.oid)
        FROM ({_TABLES}) t JOIN pg_constraint k ON k.conrelid = t.oid WHERE k.contype <> 'n'""",
    "index": f"""
        SELECT t.relname, i.relname, pg_get_indexdef(i.oid)
        FROM ({_TABLES}) t JOIN pg_index x ON x.indrelid = t.oid JOIN pg_class i ON i.oid = x.indexrelid
        WHERE NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.oid AND k.contype IN ('p', 'u', 'x'))""",
    "policy": f"""
        SELECT t.relname, p.polname, concat_ws(' ', p.polcmd, p.polpermissive,
            (SELECT string_agg(pg_get_userbyid(r), ', ' ORDER BY 1) FROM unnest(p.polroles) AS r),
            'USING ' || pg_get_expr(p.polqual, p.polrelid), 'CHECK ' || pg_get_expr(p.polwithcheck, p.polrelid))
        FROM ({_TABLES}) t JOIN pg_policy p ON p.polrelid = t.oid""",
    "grant": f"""
        SELECT t.relname, pg_get_userbyid(a.grantee), string_agg(a.privilege_type || coalesce('(' || l.name || ')', '')
            || CASE WHEN a.is_grantable THEN '*' ELSE '' END, ', ' ORDER BY a.privilege_type, l.name)
        FROM ({_TABLES}) t CROSS JOIN LATERAL (
            SELECT NULL AS name, relacl AS acl FROM pg_class WHERE oid = t.oid UNION ALL
            SELECT attname, attacl FROM pg_attribute WHERE attrelid = t.oid AND NOT attisdropped
        ) l CROSS JOIN LATERAL aclexplode(l.acl) a
        WHERE a.grantee <> (SELECT relowner FROM pg_class WHERE oid = t.oid)
        GROUP BY 1, 2""",
    "function": """
        SELECT '', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', pg_get_functiondef(p.oid)
            || ' owner ' || pg_get_userbyid(p.proowner) || ' rights ' || coalesce(p.proacl::text, 'PUBLIC')
        FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace AND p.prokind = 'f'
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = p.oid AND deptype = 'e')""",
    "trigger": f"""
        SELECT t.relname, g.tgname, pg_get_triggerdef(g.oid)
        FROM ({_TABLES}) t JOIN pg_trigger g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal""",
    "type": """
        SELECT '', y.typname, concat_ws(' ', y.typtype, format_type(y.typbasetype, y.typtypmod)) FROM pg_type y
        WHERE y.typnamespace = 'public'::regnamespace AND y.typtype IN ('e', 'd', 'r')
            AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = y.oid AND deptype = 'e')""",
    "extension": "SELECT '', extname, '' FROM pg_extension",
    "schema": """
        SELECT '', nspname, coalesce(pg_get_userbyid(a.grantee), '') || ' ' || a.privilege_type
        FROM pg_namespace CROSS JOIN LATERAL aclexplode(nspacl) a
        WHERE nspname = 'public' AND a.grantee <> nspowner AND a.grantee <> 0 ORDER BY 3""",
}


async def read(connection: asyncpg.Connection[asyncpg.Record]) -> dict[Fact, str]:
    """Every fact about the schema ``public``, with what it says."""
    facts: dict[Fact, str] = {}
    for kind, query in QUERIES.items():
        for table, name, text in await connection.fetch(query):
            fact = Fact(kind, table, name)
            facts[fact] = f"{facts[fact]}; {text}" if fact in facts else text
    return facts


def differences(present: dict[Fact, str], wanted: dict[Fact, str]) -> dict[Fact, tuple[str | None, str | None]]:
    """What is not as wanted: (what is there, what should be), None where there is nothing."""
    return {
        fact: (present.get(fact), wanted.get(fact))
        for fact in sorted({*present, *wanted})
        if present.get(fact) != wanted.get(fact)
    }


__all__ = ["Fact", "differences", "read"]
