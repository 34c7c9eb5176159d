"""Are protected groups treated alike?"""
