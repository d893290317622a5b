"""The names of rows: integers that cannot be mixed up."""

from typing import NewType

ArrivalId = NewType("ArrivalId", int)
AttachmentId = NewType("AttachmentId", int)
BlobId = NewType("BlobId", int)
CampaignId = NewType("CampaignId", int)
ContactId = NewType("ContactId", int)
InteractionId = NewType("InteractionId", int)
MailboxId = NewType("MailboxId", int)
MessageId = NewType("MessageId", int)  # a row of messages; the header is `message_id: str`
OutboxId = NewType("OutboxId", int)
UserId = NewType("UserId", int)
