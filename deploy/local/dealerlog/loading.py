"""The sample network into an installation, once: loaded, rated, classified, and remembered beside the data."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

import httpx

from dealerlog.client import TIMEOUT_SECONDS, token
from dealerlog.fleet import Fleet
from dealerlog.installation import Installation
from dealerlog.sample.loader import Client, Loaded, Progress, load
from dealerlog.sample.network import SEED, Network, network
from dealerlog.steps import Steps

MARKER = "sample.json"


@dataclass(frozen=True)
class Remembered:
    """What a completed load left: its seed, the PostgreSQL server it went to, the positions to present."""

    seed: int
    system: str
    dealers: int
    positions: str


async def load_network(fleet: Fleet, steps: Steps, sample: Network) -> Loaded:
    """Hand the network in through the public APIs, as the people of the sample."""
    with steps.step("sample network", "") as step:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False) as http:
            client = Client(http, fleet.urls, lambda person: token(fleet.secret, person))

            def told(progress: Progress) -> None:
                step.tell(f"{progress.phase}: {progress.done} of {progress.total}, {progress.rows:,} rows of facts")

            loaded = await load(client, sample, told)
        step.note = f"{len(loaded.dealers)} dealers, {loaded.accepted:,} facts"
        if loaded.duplicates:
            step.note += f", {loaded.duplicates:,} were there"
    return loaded


def sample_network(steps: Steps) -> Network:
    """The network of the seed that this project ships with."""
    with steps.step("sample facts", f"generated from seed {SEED}") as step:
        sample = network(SEED)
        counts = sample.counts()
        step.note = f"seed {SEED}: " + ", ".join(f"{counts[kind]:,} {kind}" for kind in ("visits", "sale lines"))
    return sample


def remembered(installation: Installation, system: str) -> Remembered | None:
    """What is known of an earlier load into this very server."""
    try:
        kept = Remembered(**json.loads(_marker(installation).read_text()))
    except (OSError, ValueError, TypeError):
        return None
    return kept if (kept.seed, kept.system) == (SEED, system) else None


def remember(installation: Installation, loaded: Loaded, system: str, positions: str) -> None:
    """Keep what a completed load and its runs came to, so that the next start is quick."""
    kept = Remembered(SEED, system, len(loaded.dealers), positions)
    _marker(installation).write_text(json.dumps(asdict(kept), indent=2) + "\n")


def _marker(installation: Installation) -> Path:
    return installation.folder / MARKER
