"""How the panel is served: sockets, who may ask, bodies, files, documentation."""
