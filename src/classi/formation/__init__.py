"""From terms to classes: encode, search, bound, solve, and explain what is impossible."""
