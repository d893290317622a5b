"""Bad settings are told in one line that names the file and the key."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appliance.settings import BadSettings, Settings, find, host_and_port, load, overrides, to_toml


def settings(tmp_path: Path, text: str) -> Settings:
    (tmp_path / "posthouse.toml").write_text(text)
    return load(tmp_path / "posthouse.toml", {})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[smtp]\nlissen = []", "smtp.lissen is not a setting"),
        ("[post]\nx = 1", "post is not a setting"),
        ('[smtp]\nlisten = ["nowhere"]', "smtp.listen.0: 'nowhere' is not host:port"),
        ('[smtp]\nmax_message_bytes = "big"', "smtp.max_message_bytes"),
        ('[appliance]\ntime_zone = "Rome"', "appliance.time_zone: 'Rome' is not a time zone"),
        ('[tls]\nkey = "k.pem"', "tls.certificate and tls.key belong together"),
        ("[smtp", "is not TOML"),
        ("[desk]\nundo_seconds = 61", "desk.undo_seconds"),
    ],
)
def test_a_bad_key_is_named_with_its_file_on_one_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadSettings) as raised:
        settings(tmp_path, text)

    assert words in str(raised.value)
    assert str(raised.value).startswith(str(tmp_path / "posthouse.toml"))
    assert "\n" not in str(raised.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"missing\.toml: cannot be read"):
        load(tmp_path / "missing.toml", {})


def test_the_environment_overrides_the_file_in_toml_syntax(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[appliance]\ndomain = "file.test"\n[desk]\nundo_seconds = 3')
    environ = {
        "POSTHOUSE_APPLIANCE_DOMAIN": "environment.test",
        "POSTHOUSE_SMTP_LISTEN": '["127.0.0.1:2525"]',
        "POSTHOUSE_RELAY_ROUTES": '{ "*" = "127.0.0.1:2526" }',
        "POSTHOUSE_SMTP_MAX_MESSAGE_BYTES": "1048576",
        "POSTHOUSE_CONFIG": "elsewhere",
        "POSTHOUSE_ADMIN_PASSWORD": "secret words",
    }
    loaded = load(tmp_path / "a.toml", environ)

    assert (loaded.appliance.domain, loaded.desk.undo_seconds) == ("environment.test", 3)
    assert loaded.smtp.listen == ("127.0.0.1:2525",)
    assert loaded.relay.routes == {"*": "127.0.0.1:2526"}
    assert loaded.smtp.max_message_bytes == 1_048_576


@pytest.mark.parametrize("name", ["POSTHOUSE_SMTP_LISSEN", "POSTHOUSE_PASSWORD", "POSTHOUSE_"])
def test_a_variable_that_is_no_setting_is_refused(name: str) -> None:
    with pytest.raises(BadSettings, match=name):
        overrides({name: "x"})


def test_data_lies_beside_the_file_that_names_it(tmp_path: Path) -> None:
    assert settings(tmp_path, '[appliance]\ndata = "var"').data == tmp_path / "var"


def test_the_usual_places_are_tried_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "posthouse.toml").touch()

    assert find(Path("named.toml"), {"POSTHOUSE_CONFIG": "environ.toml"}) == Path("named.toml")
    assert find(None, {"POSTHOUSE_CONFIG": "environ.toml"}) == Path("environ.toml")
    assert find(None, {}) == Path("posthouse.toml")


@given(st.dictionaries(st.text(st.characters(codec="utf-8"), min_size=1), st.text(st.characters(codec="utf-8"))))
def test_what_is_written_is_read_back(routes: dict[str, str]) -> None:
    assert tomllib.loads(to_toml({"relay": {"routes": routes}})) == {"relay": {"routes": routes}}


@pytest.mark.parametrize(("text", "pair"), [("127.0.0.1:25", ("127.0.0.1", 25)), ("[::1]:0", ("::1", 0))])
def test_a_listener_is_host_and_port(text: str, pair: tuple[str, int]) -> None:
    assert host_and_port(text) == pair
