"""What is installed from the wheel works in an environment that has nothing else."""

import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def run(*command: object, cwd: Path) -> str:
    done = subprocess.run([str(part) for part in command], cwd=cwd, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout[-2000:]} {done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    place = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", place, cwd=ROOT)
    (wheel,) = place.glob("*.whl")
    venv.create(place / "env", with_pip=True)
    python = place / "env" / "bin" / "python"
    run(python, "-m", "pip", "install", "-q", wheel, cwd=place)
    return place


def test_installed_command_runs_one_area(installed):
    told = run(installed / "env" / "bin" / "assistants-conformance", "run", "-k", "thread_locking", cwd=installed)
    assert "thread_locking" in told


def test_installed_suites_are_found_by_name(installed):
    python = installed / "env" / "bin" / "python"
    suites = "assistants_conformance.suites"
    told = run(python, "-m", "pytest", "--pyargs", suites, "-k", "thread_locking", cwd=installed)
    assert "passed" in told
