"""The manifest of screening."""

from leadsbot.features.screening.tables import LabelRow, ModelRow, SettingRow
from leadsbot.infra.feature import Feature

FEATURE = Feature(name="screening", tables=(SettingRow, ModelRow, LabelRow))
