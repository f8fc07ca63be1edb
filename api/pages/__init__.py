"""Pages for people, one file a page, made on the server; nothing is loaded from elsewhere."""
