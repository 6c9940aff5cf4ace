"""Mail in the demo city: simulated members get thousands of letters, and only the last few are worth a file each."""

from collections import deque
from email.message import EmailMessage

from portal.messages.mail import Mail, MaildirMail

KEPT = 200


class Letters:
    """Takes every letter and keeps the last ones until they are posted: with each batch of a catch-up, or when all is built."""

    def __init__(self, mail: Mail) -> None:
        self._mail = mail
        self._last: deque[EmailMessage] = deque(maxlen=KEPT)

    def send(self, message: EmailMessage) -> None:
        """Take a letter."""
        self._last.append(message)

    def forget(self, address: str) -> None:
        """Throw away what went to this address, here and in the folder."""
        left = [message for message in self._last if address not in str(message["To"]).lower()]
        self._last.clear()
        self._last.extend(left)
        self._mail.forget(address)

    def post(self) -> None:
        """Put what was kept into the mail folder. A real mail server never gets letters to people who do not exist."""
        if isinstance(self._mail, MaildirMail):
            for message in self._last:
                self._mail.send(message)
        self._last.clear()


def empty(mail: Mail) -> None:
    """Throw away the letters of a city that is no more."""
    if isinstance(mail, MaildirMail):
        mail.box.clear()
