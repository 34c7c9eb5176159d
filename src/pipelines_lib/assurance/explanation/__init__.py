"""Can every decision be explained, truthfully and in plain words?"""
