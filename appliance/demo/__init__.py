"""A little world on loopback to look around in: customers who write and answer, and a team that has begun its day."""
