"""Admissions: from a procedure and the applications to points, rankings and seats."""
