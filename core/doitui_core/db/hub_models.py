"""The tables of the hub (`hub_…`) as models, one file a subject; `models` has them among the others."""

from doitui_core.db.hub_event_model import HubEvent as HubEvent
from doitui_core.db.hub_report_model import HubReport as HubReport
from doitui_core.db.hub_token_model import HubToken as HubToken
