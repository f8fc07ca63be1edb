"""Steps from one table layout to the next; imported only where a store has an older one."""
