"""The consumer of the stream as a state machine: what to do next is decided without any I/O.

``decide(machine, happened) -> (machine, action)``: one action at a time, each answered by
what happened. Threads, clock, sockets and disk are at the edge that performs the actions, so
that thousands of runs with every fault at every place fit into a test of seconds.
"""
