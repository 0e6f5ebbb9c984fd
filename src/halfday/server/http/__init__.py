"""HTTP: the route table, and each edge's way of reading requests and of spelling answers and refusals."""
