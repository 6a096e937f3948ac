"""The server: web, signalling, rules and database of the oral exam's video conference."""
