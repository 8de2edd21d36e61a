"""config/ -> frozen models, cross-checked; every error at once, with file and line."""

from include.catalogue.catalogue import Catalogue, MetricDefinition
from include.catalogue.loading import check_catalogue, load_catalogue

__all__ = ["Catalogue", "MetricDefinition", "check_catalogue", "load_catalogue"]
