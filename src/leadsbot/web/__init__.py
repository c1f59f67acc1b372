"""The HTTP shell: who is asking, what they may do, errors, pages and the API's frame. It knows no feature."""
