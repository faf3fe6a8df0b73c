"""Measures the portal against the performance gates, beside a floor program in the same run.

Only ratios inside one run mean anything: the floor does the same work with nothing around it.
"""
