"""The browser's door. URL /agent/inbox is web/agent/inbox.py and templates/agent/inbox.html."""
