"""What sources make stories of: pages, documents, tables, commits, records, and the figures in them."""
