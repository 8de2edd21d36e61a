"""`python -m include.cli`: what the launcher `./kpi` runs."""

from include.cli import main

main()
