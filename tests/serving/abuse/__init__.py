"""An adversary at the socket: it is served, refused or disconnected, and other clients do not notice."""
