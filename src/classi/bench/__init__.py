"""The open benchmark of class formation: families of schools, methods, sweeps that resume, and fairness research.

The command line is `classi.cli_bench` (`run`, `list`, `report`) and `classi.cli_fairness` (the four questions below).

What is measured:

- `records`: the plain data everything else passes on: an instance, an answer and its news, a record, a sweep.
- `instances`: the families of schools, each made anew from its name, size and seed.
- `suites`: the named suites, and the tasks they are made of.
- `methods`: who answers, one file a method; `methods.base` says what a method is.

Measuring:

- `sweep`: one task measured, and a whole sweep, whoever runs it.
- `pool`: on processes of this machine.
- `cluster`: on the workers of a Dask cluster.
- `store`: the ledger of measurements, from which a killed sweep goes on.
- `score`: an answer counted by the auditor.

Reporting:

- `gaps`: best bounds known, gaps, times to a gap.
- `stats`: percentiles, fitted growth, performance profiles.
- `summary`: which records compare, sums by size and by method, tidy rows.
- `targets`: what the project set out to reach, and what the records say about it.
- `report`: RESULTS.md and the tables.
- `plots`, `axes`: what is drawn, and how.
- `words`: families, methods and figures as they are shown.

Fairness research on one case:

- `frontier`: the exact trade-off of two rules.
- `prices`: what each rule costs the others.
- `groups`: who gets their wishes.
- `chance`: what classes drawn at random would cost.
- `trial`: one run with other prices, solved and counted; what the first two rest on.
- `tidy`: tables written as csv or parquet.
"""
