"""What the rooms below say when they refuse, for the catalogues: pages translate it where they show it.

A sentence that is not here is shown in English. A test knows when one is no longer said.
"""

from appliance.web.languages import N_

SENTENCES = (
    # accounts
    N_("is not your password"),
    N_("must have 10 characters or more"),
    N_("must have 1 to 200 characters"),
    N_("is not an e-mail address"),
    N_("is not a time zone; an example is Europe/Rome"),
    # conversations
    N_("the conversation has moved on: somebody wrote meanwhile"),
    N_("this draft was changed in another window"),
    N_("only what was sent can be taken back"),
    N_("only who wrote a mail can take it back"),
    N_("the mail has left already"),
    N_("only members of the campaign can be given its interactions"),
    N_("name at least one person to forward to"),
    N_("must not be empty"),
    # the store
    N_("the disk is full"),
)
