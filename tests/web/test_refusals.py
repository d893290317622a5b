"""The refusals that pages translate."""

from pathlib import Path

import appliance
from appliance.web.refusals import SENTENCES


def test_every_sentence_is_still_said_by_a_room() -> None:
    folder = Path(appliance.__file__).parent
    said = "".join(path.read_text() for room in ("desk", "store") for path in (folder / room).rglob("*.py"))
    assert [sentence for sentence in SENTENCES if f'"{sentence}"' not in said] == []
