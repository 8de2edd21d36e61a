"""Tests of the configuration; `company` holds a small right one."""
