"""What the demo leaves in its folder, and what it never deletes."""

from pathlib import Path

import pytest

from appliance.app import owned
from appliance.demo.memory import Memory, forget
from appliance.settings import BadSettings


def test_what_was_posted_is_remembered(tmp_path: Path) -> None:
    memory = Memory.of(tmp_path / "demo")
    memory.count("opening")
    memory.count("opening")
    assert Memory.of(tmp_path / "demo").posted == {"opening": 2}


def test_a_folder_that_holds_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "posthouse.toml").write_text("")
    with pytest.raises(BadSettings, match="no demo"):
        Memory.of(tmp_path)
    with pytest.raises(BadSettings, match="no demo"):
        forget(tmp_path)
    assert (tmp_path / "posthouse.toml").exists()


def test_reset_deletes_a_demo_and_does_not_mind_that_there_is_none(tmp_path: Path) -> None:
    forget(tmp_path / "demo")
    Memory.of(tmp_path / "demo")
    forget(tmp_path / "demo")
    assert not (tmp_path / "demo").exists()


def test_reset_does_not_follow_a_link(tmp_path: Path) -> None:
    Memory.of(tmp_path / "demo")
    (tmp_path / "link").symlink_to(tmp_path / "demo")
    with pytest.raises(BadSettings):
        forget(tmp_path / "link")
    assert (tmp_path / "demo").exists()


def test_reset_does_not_pull_the_floor_from_under_a_demo_that_runs(tmp_path: Path) -> None:
    Memory.of(tmp_path / "demo")
    with owned(tmp_path / "demo"), pytest.raises(BadSettings, match="another posthouse"):
        forget(tmp_path / "demo")
    assert (tmp_path / "demo").exists()


def test_a_broken_memory_is_told(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{")
    with pytest.raises(BadSettings, match="--reset"):
        Memory.of(tmp_path)
