"""Lists become personalised mail. The engine comes with the issue of the dialer."""
