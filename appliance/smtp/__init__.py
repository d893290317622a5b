"""The mail doors: SMTP in (receiver) and SMTP out (relay)."""
