"""Models behind an OpenAI-compatible endpoint as agents: tools over a folder, a loop with a limit, a history.

`agent` is what is listed, `session` the loop, `endpoint` the HTTP, `completion` and `calls` what is streamed,
`history` what fits, `toolbox` and the `*_tools` modules what the model may do, `listing` which models there are.

May import: protocol, config, the agents' own modules, the workspace's folder; httpx, once a request is made.
"""

from superserve_tui.server.agents.model.agent import ModelAgent
from superserve_tui.server.agents.model.endpoint import EndpointTimes
from superserve_tui.server.agents.model.session import MAX_MODEL_CALLS

__all__ = ["MAX_MODEL_CALLS", "EndpointTimes", "ModelAgent"]
