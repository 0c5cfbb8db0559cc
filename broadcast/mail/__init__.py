"""Letters: who gets one, what it says, and the conversation with a mail server.

address   addresses that can stand in a header and an envelope          (pure)
token     an unsubscribe link that names whom it belongs to              (pure)
layout    the text and the HTML of a post                                (pure)
letter    a whole message, its headers and parts                         (pure)
poster    the still picture with a play mark over it, drawn in a worker
roll      lists of members, and the list of those who get nothing more
server    SMTP_URL, read                                                 (pure)
smtp      one message to one recipient, and what each answer means
mailing   the settings that all channels for mail share
"""
