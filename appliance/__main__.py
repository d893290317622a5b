"""`python -m appliance` is `posthouse`."""

from appliance.cli import main

main()
