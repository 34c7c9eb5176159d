"""Does the candidate rank and price risk on rows it has not seen?"""
