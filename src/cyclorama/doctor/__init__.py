"""Diagnosis: is this machine ready for a call? Each check returns a finding with its fix."""
