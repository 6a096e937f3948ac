"""The store: tables, migrations, and one module per aggregate. Transactions are owned by the caller."""
