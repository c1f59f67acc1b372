"""LeadsBot: a lead capture and response layer for small businesses."""

__version__ = "0.1.0"
