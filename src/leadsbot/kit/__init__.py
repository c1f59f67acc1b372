"""Pure helpers without input or output: every other layer may import them, they import nobody."""
