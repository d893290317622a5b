"""The REST API under /api/v1: one module per resource; what it takes and gives is told by its handlers' signatures."""
