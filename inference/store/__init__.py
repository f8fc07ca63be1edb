"""The verdict store: verdicts, dead letters and the stream position in one database.

`sink.VerdictStore` is the one writer, `reader.VerdictReader` what the API reads with;
SQLite and PostgreSQL are the same code, chosen by URL.
"""
