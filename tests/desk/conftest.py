"""What the outside world sends to the desk."""

BOUNCE = """\
From: Mail Delivery System <MAILER-DAEMON@mx.example.org>
To: help@acme.test
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ada@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: message/rfc822

From: Support <help@acme.test>
To: ada@example.org
Subject: Re: Where is my parcel?
Message-ID: <{message_id}>

On its way.

--b--
"""
