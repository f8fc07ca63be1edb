"""Setting clusters: which combination of set values a record was made under."""
