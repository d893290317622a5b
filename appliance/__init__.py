"""Posthouse: a contact-centre mail appliance in one process. docs/flow.md walks through it."""

__version__ = "0.1.0"
