"""The pages of those who signed in: plain forms, a redirect after each change, and nothing that needs a script."""
