"""What is printed: frozen views in, bytes out. `catalogue` lists the documents, `press` makes one in a process aside.

Nothing here asks the database or knows a request: whoever calls gathers the view. `library`, `views` and `press`
load neither WeasyPrint nor openpyxl; those live in the child alone (`python -m server.forms`).
"""
