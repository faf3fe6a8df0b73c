"""HTTP only: parse, run a flow, match its outcome, render or redirect. Nothing here decides."""
