"""How requests are read: headers, bodies within their bounds, hosts and proxies, and who signed."""
