"""What every agent shares: settings, identity, gateway, delegation, streaming and the server."""
