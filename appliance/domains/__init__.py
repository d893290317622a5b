"""The domains we send for: their keys and the records to publish."""
