"""From a table nobody has described to a model spec that runs: profile, decide, write, explain.

Everything that is decided here is a proposal in a file that people read; nothing decided here
opens a gate. What only people can say is left as TODO, and governance refuses those.
"""
