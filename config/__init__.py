"""The settings: `load(path) -> Settings`, every fault reported at once."""

from config.faults import Fault, SettingsError
from config.load import load
from config.model import Settings

__all__ = ["Fault", "Settings", "SettingsError", "load"]
