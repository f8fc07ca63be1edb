"""What `./sprue doctor` looks at: one area a module, each with ``examine(installation)``.

Nothing here writes anywhere, takes a lock or imports at module level what an incomplete
installation may lack, except in the areas themselves: one that cannot be imported is a
finding like any other.
"""
