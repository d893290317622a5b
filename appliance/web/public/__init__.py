"""Pages for whoever comes by: signing in, choosing a first password, health."""
