"""The server's side of the media nodes: their control API, their care, which conference is on which node."""
