"""What an agent sees and does: the inbox, a conversation, and the answer being written."""
