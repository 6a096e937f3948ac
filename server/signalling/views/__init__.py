"""Views: one module per kind of page, each a pure function from that page's facts to its message."""
