"""The embedded server's configuration: small by default, grown with the machine's memory, strict about durability."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

MIB = 1024 * 1024
CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))

# Anybody who can open the socket may log in as any role. The socket lies in a directory of mode 0700, so "anybody" is
# the account that owns the data files (and root), who could read the files anyway; a password in the same directory
# would protect nothing. The application still separates its own rights by connecting as different roles.
AUTHENTICATION = """# Written by LeadsBot at every start.
local all all trust
local replication postgres trust
"""


def machine_memory() -> int:
    """Bytes of memory that this process may count on: the machine's, or the container's limit when that is less."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for path in CGROUP_LIMITS:
        try:
            total = min(total, int(path.read_text()))
        except (OSError, ValueError):  # No such limit, or "max".
            continue
    return total


def durable() -> dict[str, str]:
    """What no configuration file may weaken; goes on the server's command line, which wins over every file."""
    return {
        "listen_addresses": "",
        "unix_socket_permissions": "0700",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",  # An acknowledged submission is on disk.
    }


def tuned(memory: int, max_connections: int = 120) -> dict[str, str]:
    """Settings for ``memory`` bytes; an eighth goes to the shared buffers, 64 MiB at least and 512 MiB at most.

    An eighth leaves a 1 GB server room for LeadsBot itself; the rest is read through the system's page cache.
    """
    shared = max(64, min(512, memory // 8 // MIB))
    shared = min(shared, max(16, memory // 4 // MIB))
    return {
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{max(128, memory // 2 // MIB)}MB",
        "work_mem": "8MB" if memory >= 2048 * MIB else "4MB",
        "maintenance_work_mem": "64MB" if memory >= 2048 * MIB else "32MB",
        "huge_pages": "try",
        "max_connections": str(max_connections),
        "max_locks_per_transaction": "128",  # One statement over a month of daily partitions locks each of them.
        "jit": "off",  # Our statements are short; compiling them costs more than it saves.
        "random_page_cost": "1.1",
        "max_parallel_workers_per_gather": "1",
        # Room for bursts between checkpoints without filling a small disk.
        "wal_level": "replica",
        "wal_buffers": "8MB",
        "min_wal_size": "128MB",
        "max_wal_size": "1GB",
        "checkpoint_timeout": "15min",
        "checkpoint_completion_target": "0.9",
        "max_wal_senders": "4",
        # The queue tables turn over completely many times an hour: vacuum early, often and without long naps.
        "autovacuum_naptime": "15s",
        "autovacuum_vacuum_scale_factor": "0.05",
        "autovacuum_vacuum_insert_scale_factor": "0.1",
        "autovacuum_analyze_scale_factor": "0.02",
        "autovacuum_vacuum_cost_limit": "1000",
        "timezone": "UTC",
        "log_timezone": "UTC",
        # The log must hold no personal data: no statements, no parameters, no row values in details, and none of the
        # errors of single statements (they quote input); the application logs those, masked.
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length_on_error": "0",
        "log_checkpoints": "off",
        "log_autovacuum_min_duration": "-1",
    }


def render(settings: Mapping[str, str]) -> str:
    """The settings as a configuration file."""
    lines = (f"{name} = '{value}'" for name, value in settings.items())
    return "# Written by LeadsBot at every start; put your own settings into postgresql.auto.conf (ALTER SYSTEM).\n" + (
        "\n".join(lines) + "\n"
    )
