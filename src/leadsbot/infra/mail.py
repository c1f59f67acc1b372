"""The installation's own mail, handed to an SMTP server."""

from __future__ import annotations

import ipaddress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, parseaddr
from urllib.parse import unquote, urlsplit

import aiosmtplib

from leadsbot.contracts.ports import Mail, MailError
from leadsbot.infra.settings import Settings
from leadsbot.kit.text import header_safe

TIMEOUT_S = 20.0
NO_TLS = "The mail server offers no TLS, so the password was not sent. Use smtps://, or an address without a password."


class SmtpMailer:
    """A :class:`~leadsbot.contracts.ports.Mailer` over ``smtp://`` (STARTTLS where offered) or ``smtps://``."""

    def __init__(self, url: str, sender: str) -> None:
        parts = urlsplit(url)
        self._tls = parts.scheme == "smtps"
        self._host = parts.hostname or "localhost"
        self._port = parts.port or (465 if self._tls else 587)
        self._user = unquote(parts.username) if parts.username else None
        self._password = unquote(parts.password) if parts.password else None
        self._name, self._sender = parseaddr(sender)

    async def send(self, mail: Mail) -> None:
        """Hand the mail over; MailError says whether trying again can help.

        A password is sent over TLS only, except to this machine itself: whoever strips STARTTLS from the answer of a
        server would otherwise read it.
        """
        private = self._user is not None and not is_loopback(self._host)
        try:
            await aiosmtplib.send(
                self._message(mail),
                hostname=self._host,
                port=self._port,
                username=self._user,
                password=self._password,
                use_tls=self._tls,
                start_tls=True if private and not self._tls else None,
                timeout=TIMEOUT_S,
            )
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(min(refusal.code for refusal in error.recipients)) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error.code) from error
        except (aiosmtplib.SMTPException, OSError) as error:
            if private and "STARTTLS" in str(error):
                raise MailError(NO_TLS, permanent=False) from error
            raise MailError(f"The mail server cannot be reached ({type(error).__name__}).", permanent=False) from error

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = Address(header_safe(mail.sender or self._name), addr_spec=self._sender)
        message["To"] = header_safe(mail.to, 320)
        message["Subject"] = header_safe(mail.subject)
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = f"<{mail.message_id}@{self._sender.rpartition('@')[2] or 'localhost'}>"
        message["Auto-Submitted"] = "auto-replied" if mail.reply else "auto-generated"
        if mail.reply:
            message["X-Auto-Response-Suppress"] = "All"
        message.set_content(mail.text)
        return message


def is_loopback(host: str) -> bool:
    """Whether a host is this machine itself, so that nobody can listen on the way."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _refused(code: int) -> MailError:
    """What an answer means. The server's sentence may repeat the address; the code alone says enough."""
    return MailError(f"The mail server answered {code}.", permanent=500 <= code < 600)


def mailer(settings: Settings) -> SmtpMailer | None:
    """The mailer of the settings; None while LEADSBOT_SMTP_URL or LEADSBOT_MAIL_FROM is unset."""
    if settings.smtp_url is None or settings.mail_from is None:
        return None
    return SmtpMailer(settings.smtp_url.get_secret_value(), settings.mail_from)
