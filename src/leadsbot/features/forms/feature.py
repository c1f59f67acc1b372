"""The manifest of forms."""

from leadsbot.features.forms import api
from leadsbot.features.forms.tables import FormRow, FormVersionRow, PartialRow, UploadRow
from leadsbot.infra.feature import Feature

FEATURE = Feature(name="forms", tables=(FormRow, FormVersionRow, PartialRow, UploadRow), routes=api.routes)
