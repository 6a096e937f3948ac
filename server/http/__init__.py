"""HTTP: pages, static files, the door's answers to bad links. The WebSocket of a page is `server.signalling.socket`."""
