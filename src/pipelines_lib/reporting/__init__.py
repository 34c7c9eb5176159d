"""Evidence made readable: the validation report and the note for operations staff.

Both render an evidence pack and nothing else: no data, no model, no clock.
"""
