"""Real mail programs of Debian, started on loopback for tests and measurements; nothing here knows the appliance."""
