"""The rooms of the desk: what happens to a mail that came in, and to the answer."""
