"""Measurements beside real peers, and the peers themselves."""
