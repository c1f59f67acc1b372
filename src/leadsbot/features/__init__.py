"""One folder per capability; higher features use lower ones through their ``public`` module only."""
