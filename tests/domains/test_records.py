"""What to publish, as a table and as lines of a zone file."""

import dns.zone

from appliance.domains import records
from appliance.settings import Settings
from appliance.store.domains import StoredKey

SETTINGS = Settings.model_validate({"appliance": {"hostname": "mail.ours.test", "domain": "ours.test"}})
LONG = "v=DKIM1; k=rsa; p=" + "A" * 392


def the_records() -> list[records.Record]:
    return records.of("ours.test", [StoredKey("ours.test", "ph1", b"", LONG)], SETTINGS)


def test_names_are_absolute_and_txt_is_unsplit() -> None:
    assert [(record.type, record.name, record.value) for record in the_records()] == [
        ("MX", "ours.test", "10 mail.ours.test"),
        ("TXT", "ours.test", "v=spf1 mx -all"),
        ("TXT", "ph1._domainkey.ours.test", LONG),
        ("TXT", "_dmarc.ours.test", "v=DMARC1; p=quarantine; rua=mailto:postmaster@ours.test"),
    ]
    assert all(record.why for record in the_records())


def test_our_zone_lines_are_what_a_zone_file_may_hold() -> None:
    head = "$ORIGIN test.\n@ 60 IN SOA ns hostmaster 1 2 3 4 5\n@ 60 IN NS ns\n"
    zone = dns.zone.from_text(head + records.zone_file(the_records()), relativize=False)
    [mx] = zone.get_rdataset("ours.test.", "MX")
    assert (mx.preference, mx.exchange.to_text()) == (10, "mail.ours.test.")
    [key] = zone.get_rdataset("ph1._domainkey.ours.test.", "TXT")
    assert len(key.strings) == 2
    assert b"".join(key.strings).decode() == LONG
