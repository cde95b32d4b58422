"""French as written in Belgium and Morocco."""
