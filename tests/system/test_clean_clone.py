"""A stranger's machine: a clean clone, an ordinary user, an empty home, and no java, mvn, docker or uv on the PATH.

The stranger has no `shared/data` either: what the full files must give is held by `test_real_data.py`.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
ABSENT = {"java", "javac", "mvn", "docker", "uv", "uvx", "kubectl", "psql", "postgres", "pg_ctl", "node", "npm"}
NETWORK = ("PIP_", "UV_INDEX", "UV_DEFAULT_INDEX", "SSL_CERT", "REQUESTS_CA", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
"""How this machine reaches its package index is the machine's, not the user's."""


@pytest.fixture
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="dealerlog-stranger-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def tools(folder: Path) -> Path:
    """A PATH of one folder: the system's tools without those that must not be needed."""
    folder.mkdir()
    for source in ("/usr/bin", "/bin"):
        for tool in Path(source).iterdir():
            if tool.name not in ABSENT and not (folder / tool.name).exists():
                (folder / tool.name).symlink_to(tool)
    if not (folder / "python3").exists():
        (folder / "python3").symlink_to(sys.executable)
    return folder


def ordinary_user() -> dict[str, int]:
    """Who runs it: nobody, where the tests run as root."""
    if os.geteuid():
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_a_clean_clone_runs_the_demo_for_an_ordinary_user(place: Path) -> None:
    clone, home = place / "clone", place / "home"
    home.mkdir()
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    user = ordinary_user()
    if user:
        subprocess.run(["chown", "-R", f"{user['user']}:{user['group']}", str(place)], check=True)
    environment = {name: value for name, value in os.environ.items() if name.upper().startswith(NETWORK)}
    environment |= {"HOME": str(home), "PATH": str(tools(place / "bin")), "LANG": "C.UTF-8"}

    done = subprocess.run(
        ["make", "demo"], cwd=clone, env=environment, capture_output=True, text=True, check=False, **user
    )

    assert done.returncode == 0, f"{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
    assert "✗" not in done.stdout
    assert not list((clone / ".local").glob("demo-*")), "the demo leaves no installation behind"
    assert not [p for p in home.iterdir() if p.name not in {".cache", ".config"}], "the home stays as it was"
    left = [p for p in psutil.process_iter(["cmdline"]) if str(clone) in " ".join(p.info["cmdline"] or ())]
    assert not left, f"processes left behind: {left}"
