"""Sources: opening, explaining and closing the doors that enquiries come in through."""
